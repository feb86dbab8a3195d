//! A request of the plan, filled in for one user.

use std::rc::Rc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::decode::ACCEPTED;
use super::dial::Origin;
use super::exchange::{Manner, Network, Prepared};
use crate::plan::{BodyPlan, MultipartPart, PartContent, RenderError, RequestPlan, Scope, Target, Template};

/// What identifies us to the service.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("loadline/", env!("CARGO_PKG_VERSION")));
/// Separates the parts of multipart bodies; long and odd enough not to be in one.
const BOUNDARY: &str = "loadline-7MA4YWxkTrZu0gW8sQ2bVnXp";
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
            keep_body: self.reads_body(),
        }
    }

    /// Fills in path, headers and body.
    ///
    /// # Errors
    /// When a template needs what isn't there, or makes what can't be sent (a line end in a header).
    pub(super) fn prepare(&self, network: &Network, scope: &Scope) -> Result<Prepared, RenderError> {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 3);
        headers.insert(USER_AGENT, AGENT);
        if self.decompress {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        }
        let (body, content_type) = self.body.render(scope)?;
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, header_value(&CONTENT_TYPE, content_type.into())?);
        }
        if let Some((user, password)) = &network.target.userinfo {
            headers.insert(AUTHORIZATION, basic(user, password)?);
        }
        for (name, template) in &self.headers {
            headers.insert(name, header_value(name, render(template, scope)?)?);
        }
        let path = render(&self.path, scope)?;
        let path = String::from_utf8_lossy(&path);
        let (origin, path) = if path.starts_with("http://") || path.starts_with("https://") {
            elsewhere(&path, network, &mut headers)?
        } else {
            let slash = if path.starts_with('/') { "" } else { "/" };
            (network.home.clone(), format!("{}{slash}{path}", network.target.base_path))
        };
        let path = utf8_percent_encode(&path, UNSAFE).to_string();
        let path =
            Uri::try_from(path.as_str()).map_err(|error| RenderError::Expression(format!("the path `{path}` can't be sent: {error}")))?;
        Ok(Prepared { origin, path, method: self.method.clone(), headers, body })
    }
}

fn elsewhere(address: &str, network: &Network, headers: &mut HeaderMap) -> Result<(Rc<Origin>, String), RenderError> {
    let wrong = |error: &dyn std::fmt::Display| RenderError::Expression(format!("the address `{address}` can't be used: {error}"));
    let url = url::Url::parse(address).map_err(|error| wrong(&error))?;
    let target = Target::parse(&url.origin().ascii_serialization()).map_err(|error| wrong(&error))?;
    let origin = Origin::of(&target);
    let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    if origin == *network.home {
        return Ok((network.home.clone(), path));
    }
    if network.target.userinfo.is_some() {
        headers.remove(AUTHORIZATION);
    }
    Ok((Rc::new(origin), path))
}

impl BodyPlan {
    /// The body and its content type.
    fn render(&self, scope: &Scope) -> Result<(Bytes, Option<String>), RenderError> {
        Ok(match self {
            Self::Empty => (Bytes::new(), None),
            Self::Json(template) => {
                let mut out = Vec::with_capacity(128);
                template.render_into(scope, &mut out)?;
                (out.into(), Some("application/json".to_owned()))
            }
            Self::Text(template) => (render(template, scope)?.into(), Some("text/plain; charset=utf-8".to_owned())),
            Self::Form(fields) => (form(fields, scope)?.into(), Some("application/x-www-form-urlencoded".to_owned())),
            Self::File(file) => (file.content.clone(), Some(file.content_type.clone())),
            Self::Multipart(parts) => (multipart(parts, scope)?.into(), Some(format!("multipart/form-data; boundary={BOUNDARY}"))),
        })
    }
}

fn form(fields: &[(Template, Template)], scope: &Scope) -> Result<String, RenderError> {
    let encode = |template: &Template| -> Result<String, RenderError> {
        let text = render(template, scope)?;
        Ok(utf8_percent_encode(&String::from_utf8_lossy(&text), FORM).to_string().replace("%20", "+"))
    };
    let mut pairs = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        pairs.push(format!("{}={}", encode(name)?, encode(value)?));
    }
    Ok(pairs.join("&"))
}

fn multipart(parts: &[MultipartPart], scope: &Scope) -> Result<Vec<u8>, RenderError> {
    let quote = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{}\"", quote(&part.name)).as_bytes());
        match &part.content {
            PartContent::Text(template) => {
                out.extend_from_slice(b"\r\n\r\n");
                template.render_into(scope, &mut out)?;
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
    Ok(out)
}

fn render(template: &Template, scope: &Scope) -> Result<Vec<u8>, RenderError> {
    let mut out = Vec::with_capacity(64);
    template.render_into(scope, &mut out)?;
    Ok(out)
}

fn header_value(name: &HeaderName, value: Vec<u8>) -> Result<HeaderValue, RenderError> {
    let wrong = |_| RenderError::Expression(format!("the header `{name}` holds characters that can't be sent"));
    HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(wrong)
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, RenderError> {
    use base64::Engine as _;
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    header_value(&AUTHORIZATION, format!("Basic {credentials}").into())
}
