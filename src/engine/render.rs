//! A request of the plan, filled in for one user.

use std::rc::Rc;

use http::HeaderName;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};

use super::decode::ACCEPTED;
use super::dial::Origin;
use super::exchange::{Manner, Network};
use super::message::{Message, MessageWriter};
use crate::plan::{BodyPlan, MultipartPart, PartContent, RenderError, RequestPlan, Scope, Target, Template};

/// What identifies us to the service.
const AGENT: &str = concat!("loadline/", env!("CARGO_PKG_VERSION"));
/// Separates the parts of multipart bodies; long and odd enough not to be in one.
const BOUNDARY: &str = "loadline-7MA4YWxkTrZu0gW8sQ2bVnXp";
const MULTIPART: &str = "multipart/form-data; boundary=loadline-7MA4YWxkTrZu0gW8sQ2bVnXp";
/// What can't stand in a path as it is. `%` can: a path may be encoded already.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');
/// Form fields: what HTML says, with `+` for spaces put in afterwards.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

impl RequestPlan {
    /// How the request is to be treated.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            timeout: self.timeout,
            redirects: self.redirects,
            cookies: self.cookies,
            decompress: self.decompress,
            keep_headers: self.reads_headers(),
            keep_body: self.reads_body(),
        }
    }

    /// Writes the request: path, headers and body filled in.
    ///
    /// # Errors
    /// When a template needs what isn't there, or makes what can't be sent (a line end in a header).
    pub(super) fn compose(&self, network: &Network, scope: &Scope) -> Result<Message, RenderError> {
        let mut filled = network.body.borrow_mut();
        filled.clear();
        let content_type = self.body.render(scope, &mut filled)?;
        let mut writer = MessageWriter::new(&self.method, network.buffers.take());
        let origin = self.write_path(network, scope, &mut writer)?;
        let is_home = Rc::ptr_eq(&origin, &network.home);
        let names = |name: &HeaderName| self.headers.iter().any(|(known, _)| known == name);
        if !names(&HOST) {
            writer.known_header(&HOST, &origin.authority);
        }
        if !network.http.keep_alive && !names(&CONNECTION) {
            writer.known_header(&CONNECTION, "close");
        }
        if !names(&USER_AGENT) {
            writer.known_header(&USER_AGENT, AGENT);
        }
        if self.decompress && !names(&ACCEPT_ENCODING) {
            writer.known_header(&ACCEPT_ENCODING, ACCEPTED);
        }
        if let Some(content_type) = content_type
            && !names(&CONTENT_TYPE)
        {
            writer.known_header(&CONTENT_TYPE, content_type);
        }
        if let Some(credentials) = network.credentials.as_ref().filter(|_| is_home)
            && !names(&AUTHORIZATION)
        {
            writer.known_header(&AUTHORIZATION, credentials);
        }
        for (name, template) in &self.headers {
            if !writer.header(name, |out| template.render_into(scope, out))? {
                return Err(RenderError::Expression(format!("the header `{name}` holds characters that can't be sent")));
            }
        }
        let shared = if let BodyPlan::File(file) = &self.body { Some(&file.content) } else { None };
        Ok(writer.finish(origin, self.method.clone(), &filled, shared))
    }

    /// Writes path and query. An absolute address leads to another origin.
    fn write_path(&self, network: &Network, scope: &Scope, writer: &mut MessageWriter) -> Result<Rc<Origin>, RenderError> {
        let start = writer.path_start();
        let out = writer.bytes();
        out.extend_from_slice(network.target.base_path.as_bytes());
        let own = out.len();
        self.path.render_into(scope, out)?;
        let mut origin = network.home.clone();
        if out[own..].starts_with(b"http://") || out[own..].starts_with(b"https://") {
            let path;
            (origin, path) = elsewhere(&String::from_utf8_lossy(&out[own..]), network)?;
            out.truncate(start);
            out.extend_from_slice(path.as_bytes());
        } else if out.get(own) != Some(&b'/') {
            out.insert(own, b'/');
        }
        // What stands behind a `#` is for whoever reads the answer.
        if let Some(fragment) = out[start..].iter().position(|byte| *byte == b'#') {
            out.truncate(start + fragment);
        }
        if !out[start..].iter().all(|byte| SAFE[usize::from(*byte)]) {
            let path = percent_encode(&out[start..], UNSAFE).to_string();
            out.truncate(start);
            out.extend_from_slice(path.as_bytes());
        }
        writer.end_path();
        Ok(origin)
    }
}

/// Which bytes may stand in a path as they are.
const SAFE: [bool; 256] = {
    let mut safe = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        safe[byte] = !matches!(byte as u8, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        byte += 1;
    }
    safe
};

fn elsewhere(address: &str, network: &Network) -> Result<(Rc<Origin>, String), RenderError> {
    let wrong = |error: &dyn std::fmt::Display| RenderError::Expression(format!("the address `{address}` can't be used: {error}"));
    let url = url::Url::parse(address).map_err(|error| wrong(&error))?;
    let target = Target::parse(&url.origin().ascii_serialization()).map_err(|error| wrong(&error))?;
    let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let origin = if network.home.is_of(&target) { network.home.clone() } else { Rc::new(Origin::of(&target)) };
    Ok((origin, path))
}

impl BodyPlan {
    /// Appends the body to `out`, unless it is a file's, and gives its content type.
    fn render(&self, scope: &Scope, out: &mut Vec<u8>) -> Result<Option<&str>, RenderError> {
        Ok(match self {
            Self::Empty => None,
            Self::Json(template) => {
                template.render_into(scope, out)?;
                Some("application/json")
            }
            Self::Text(template) => {
                template.render_into(scope, out)?;
                Some("text/plain; charset=utf-8")
            }
            Self::Form(fields) => {
                form(fields, scope, out)?;
                Some("application/x-www-form-urlencoded")
            }
            Self::File(file) => Some(&file.content_type),
            Self::Multipart(parts) => {
                multipart(parts, scope, out)?;
                Some(MULTIPART)
            }
        })
    }
}

fn form(fields: &[(Template, Template)], scope: &Scope, out: &mut Vec<u8>) -> Result<(), RenderError> {
    let mut text = Vec::new();
    let mut encode = |template: &Template, out: &mut Vec<u8>| {
        text.clear();
        template.render_into(scope, &mut text)?;
        for part in percent_encode(&text, FORM) {
            out.extend_from_slice(if part == "%20" { b"+" } else { part.as_bytes() });
        }
        Ok::<_, RenderError>(())
    };
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        encode(name, out)?;
        out.push(b'=');
        encode(value, out)?;
    }
    Ok(())
}

fn multipart(parts: &[MultipartPart], scope: &Scope, out: &mut Vec<u8>) -> Result<(), RenderError> {
    let quote = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    for part in parts {
        out.extend_from_slice(format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{}\"", quote(&part.name)).as_bytes());
        match &part.content {
            PartContent::Text(template) => {
                out.extend_from_slice(b"\r\n\r\n");
                template.render_into(scope, out)?;
            }
            PartContent::File(file) => {
                let head = format!("; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n", quote(&file.file_name), file.content_type);
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(&file.content);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    Ok(())
}
