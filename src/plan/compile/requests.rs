//! One request.

use http::Method;
use serde_json::{Value as Json, json};

use super::super::{EndpointId, EndpointPlan, RequestPlan};
use super::compiling::Compiling;
use super::known::Known;
use super::steps::Surroundings;
use crate::config::{OneOrMany, RequestConfig, Text};

impl Compiling<'_> {
    /// Compiles a request, and says for the digest what it is. All its parts are looked at, whichever is wrong.
    pub(super) fn request(&mut self, request: &RequestConfig, around: &Surroundings<'_>, known: &mut Known) -> Option<(RequestPlan, Json)> {
        let keys = &request.keys;
        let settings = around.settings.of_step(keys);
        let method = request.method.value.0;
        let name = keys.name.as_ref().map_or_else(|| format!("{method} {}", request.path.as_str()), |name| name.as_str().to_owned());
        if keys.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            self.error(
                keys.name.as_ref().map_or(request.path.span, |name| name.span),
                "the name is empty",
                "remove it, or say what reports should call this",
            );
        }
        self.above_zero("timeout", keys.timeout.as_ref(), "30s");
        if let Some(tags) = keys.tags.as_ref().filter(|_| around.class.is_none()) {
            self.error(tags.span, format!("tags are for requests of users: those of `{}` are in no result", around.name), "remove them");
        }
        let path = self.text(&request.path, known);
        let headers = self.headers(&settings, keys, known);
        let body = self.body(request.body.as_ref(), known);
        let (checks, checks_text) = self.checks(keys.check.as_ref().map(|check| &check.value), &name, around.class, known);
        let (captures, captures_text) = self.captures(keys.capture.as_ref().map(|captures| &captures.value));
        let endpoint = around.class.map(|class| {
            self.longest_timeout = self.longest_timeout.max(settings.timeout);
            let own = keys.tags.as_ref().map(|tags| &tags.value);
            self.endpoint(&name, method, class, around.tags.iter().copied().chain(own))
        });
        let (path, (body, body_text)) = (path?, body?);
        let described = json!({
            "method": method, "path": request.path.as_str(), "name": name, "body": body_text, "checks": checks_text,
            "captures": captures_text, "timeout": settings.timeout.0, "redirects": settings.redirects,
            "cookies": settings.cookies, "decompress": settings.decompress,
            "headers": headers.iter().map(|(name, _, text)| json!([name.as_str(), text])).collect::<Vec<_>>(),
        });
        let plan = RequestPlan {
            name,
            endpoint,
            method: Method::from_bytes(method.as_bytes()).unwrap_or_default(),
            path,
            headers: headers.into_iter().map(|(name, template, _)| (name, template)).collect(),
            body,
            checks,
            captures,
            timeout: settings.timeout,
            redirects: settings.redirects,
            cookies: settings.cookies,
            decompress: settings.decompress,
        };
        Some((plan, described))
    }

    /// The endpoint of a name and method in a class; the same one for all its steps, with the tags of all of them.
    fn endpoint<'t>(&mut self, name: &str, method: &str, class: usize, tags: impl Iterator<Item = &'t OneOrMany<Text>>) -> EndpointId {
        let same = |endpoint: &EndpointPlan| endpoint.name == name && endpoint.method == method && endpoint.class == class;
        let at = self.endpoints.iter().position(same).unwrap_or_else(|| {
            self.endpoints.push(EndpointPlan { name: name.to_owned(), method: method.to_owned(), class, tags: Vec::new() });
            self.endpoints.len() - 1
        });
        for tag in tags.flat_map(|tags| &tags.0) {
            if !self.endpoints[at].tags.iter().any(|known| known == tag.as_str()) {
                self.endpoints[at].tags.push(tag.as_str().to_owned());
            }
        }
        EndpointId(u32::try_from(at).unwrap_or(u32::MAX))
    }
}
