//! The headers of a request: the class's, then the step's over them, credentials among them.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::super::Template;
use super::compiling::Compiling;
use super::known::Known;
use super::settings::Settings;
use crate::config::yaml::Span;
use crate::config::{AuthConfig, Map, StepKeys, Text};

/// Headers with what the digest says of them.
pub(super) type Headers = Vec<(HeaderName, Template, serde_json::Value)>;

impl Compiling<'_> {
    /// Merges and compiles the headers of a request.
    pub(super) fn headers(&mut self, settings: &Settings<'_>, keys: &StepKeys, known: &Known) -> Headers {
        let mut headers = Headers::new();
        self.put(settings.headers, settings.auth, known, &mut headers);
        let (own, auth) = (keys.headers.as_ref().map(|headers| &headers.value), keys.auth.as_ref().map(|auth| &auth.value));
        self.put(own, auth, known, &mut headers);
        headers
    }

    fn put(&mut self, written: Option<&Map<Text>>, auth: Option<&AuthConfig>, known: &Known, headers: &mut Headers) {
        for (name, text) in written.into_iter().flat_map(Map::iter) {
            let Some(header) = self.header_name(&name.value, name.span) else { continue };
            if header == AUTHORIZATION && auth.is_some() {
                self.error(name.span, "`auth` already sets the header `authorization`", "keep one of them");
                continue;
            }
            let Some(template) = self.text(text, known) else { continue };
            if template.as_static().is_some_and(|value| HeaderValue::from_str(value).is_err()) {
                self.error(
                    text.span,
                    format!("the header `{header}` holds characters that can't be sent"),
                    "leave out line breaks and control characters",
                );
                continue;
            }
            let described = json!(text.as_str());
            self.insert(headers, header, template, described);
        }
        if let Some(template) = auth.and_then(|auth| self.credentials(auth, known)) {
            self.insert(headers, AUTHORIZATION, template, json!(null));
        }
    }

    /// Puts a header in, in the place of one with the same name.
    fn insert(&mut self, headers: &mut Headers, name: HeaderName, template: Template, described: serde_json::Value) {
        let secret = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&name);
        if let Some(value) = template.as_static().filter(|_| secret) {
            self.secrets.insert(value.to_owned());
            // The token without its scheme, and each cookie's value, may turn up by themselves.
            self.secrets.extend(value.split_once(' ').filter(|_| name != COOKIE).map(|(_, token)| token.to_owned()));
            if name == COOKIE {
                self.secrets.extend(value.split(';').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value.trim().to_owned()));
            }
        }
        // Credentials are not part of the load: the same test with another token is the same test.
        let described = if secret { json!("***") } else { described };
        let entry = (name, template, described);
        match headers.iter_mut().find(|header| header.0 == entry.0) {
            Some(header) => *header = entry,
            None => headers.push(entry),
        }
    }

    fn credentials(&mut self, auth: &AuthConfig, known: &Known) -> Option<Template> {
        if let Some(token) = &auth.bearer {
            return Some(self.text(token, known)?.with_prefix("Bearer "));
        }
        let basic = auth.basic.as_ref()?;
        let (username, password) = (basic.username.as_ref()?, basic.password.as_ref()?);
        let (username, password) = (self.text(username, known), self.text(password, known));
        if let Some(password) = password.as_ref().and_then(Template::as_static) {
            self.secrets.insert(password.to_owned());
        }
        Some(Template::basic_auth(username?, password?))
    }

    /// Reads the name of a header.
    pub(super) fn header_name(&mut self, name: &str, span: Span) -> Option<HeaderName> {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(header) if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(&header) => {
                self.error(span, format!("`{header}` is set from the body"), "remove it");
                None
            }
            Ok(header) => Some(header),
            Err(_) => {
                self.error(span, format!("`{name}` can't be the name of a header"), "use letters, digits and `-`: `x-request-id`");
                None
            }
        }
    }
}
