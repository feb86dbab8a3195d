//! Checks and captures of a request.

use serde_json::{Value as Json, json};

use super::super::{CapturePlan, CaptureSource, CheckId, CheckInfo, CheckPlan, ChecksPlan, JsonPath, Predicate, StatusRule};
use super::compiling::Compiling;
use super::declared::capture_name;
use super::known::Known;
use super::written::Written;
use crate::config::yaml::{Node, Span};
use crate::config::{CapturesConfig, CheckConfig, Map, Spanned};
use crate::units::Micros;

impl Compiling<'_> {
    /// Compiles the checks of a request, counted under `endpoint`, and says for the digest what they are.
    pub(super) fn checks(
        &mut self,
        check: Option<&CheckConfig>,
        endpoint: &str,
        class: Option<usize>,
        known: &Known,
    ) -> (ChecksPlan, Json) {
        let mut plan = ChecksPlan::default();
        let Some(check) = check else { return (plan, Json::Null) };
        let mut described = Vec::new();
        if let Some(status) = &check.status {
            let written = Written::Node(status);
            let source = status.to_json();
            described.push(json!(["status", source]));
            if let Some(rule) = self.compiled(written, |_| StatusRule::parse(&source)) {
                plan.status_id = Some(self.check_id(endpoint, rule.name(), class));
                plan.status = rule;
            }
        }
        let mut checks = Vec::new();
        for (name, node) in check.headers.iter().flat_map(|headers| headers.iter()) {
            described.push(json!(["header", name.value.to_ascii_lowercase(), node.to_json()]));
            let header = self.header_name(&name.value, name.span);
            let predicate = self.predicate(node, known);
            checks.extend(header.zip(predicate).map(|(header, predicate)| CheckPlan::Header(header, predicate)));
        }
        if let Some(body) = &check.body {
            described.push(json!(["body", body.to_json()]));
            checks.extend(self.predicate(body, known).map(CheckPlan::Body));
        }
        for (path, node) in check.json.iter().flat_map(|paths| paths.iter()) {
            described.push(json!(["json", path.value, node.to_json()]));
            let compiled = self.json_path(path);
            let predicate = self.predicate(node, known);
            checks.extend(compiled.zip(predicate).map(|(path, predicate)| CheckPlan::Json(path, predicate)));
        }
        if let Some(time) = &check.time {
            let source = time.to_json();
            let compiled = self.compiled(Written::Node(time), |_| CheckPlan::time(&source));
            if let Some(CheckPlan::Time(Micros::ZERO)) = compiled {
                self.error(time.span, "no answer takes no time", "give the longest time that is right: `time: 500ms`");
            }
            described.push(json!(["time", compiled.as_ref().map(CheckPlan::name)]));
            checks.extend(compiled);
        }
        for check in checks {
            let id = self.check_id(endpoint, check.name(), class);
            plan.checks.push((id, check));
        }
        (plan, Json::Array(described))
    }

    /// Compiles captures, and says for the digest what they are.
    pub(super) fn captures(&mut self, captures: Option<&CapturesConfig>) -> (Vec<CapturePlan>, Json) {
        let mut plans = Vec::new();
        let mut described = Vec::new();
        for (name, node) in captures.into_iter().flat_map(Map::iter) {
            let source = node.to_json();
            described.push(json!([name.value, source]));
            let parsed = self.compiled(Written::Node(node), |_| CaptureSource::parse(&source));
            let (variable, collects) = capture_name(&name.value);
            // A name that can't be a variable was reported when all of them were collected.
            if let (Some(source), Some(slot)) = (parsed, self.declared.slots.find(variable)) {
                plans.push(CapturePlan { slot, collects, source });
            }
        }
        (plans, Json::Array(described))
    }

    fn predicate(&mut self, node: &Node, known: &Known) -> Option<Predicate> {
        let written = Written::Node(node);
        let predicate = self.compiled(written, |compiler| Predicate::compile(compiler, &node.to_json()))?;
        self.uses(&predicate.names(), &predicate.env_names(), written, known);
        Some(predicate)
    }

    fn json_path(&mut self, path: &Spanned<String>) -> Option<JsonPath> {
        match JsonPath::parse(&path.value) {
            Ok(path) => Some(path),
            Err(error) => {
                // Keys are written with or without quotes: the place inside of them is found where it can be.
                let span = match error.span {
                    Some((start, length)) if path.span.end - path.span.start == path.value.len() => {
                        Span::new(path.span.start + start, path.span.start + start + length)
                    }
                    Some((start, length)) if path.span.end - path.span.start == path.value.len() + 2 => {
                        Span::new(path.span.start + start + 1, path.span.start + start + length + 1)
                    }
                    _ => path.span,
                };
                let mut problem = self.scenario.error(span, error.message);
                problem.help = error.help;
                self.found.push(problem);
                None
            }
        }
    }

    fn check_id(&mut self, endpoint: &str, name: String, class: Option<usize>) -> CheckId {
        let id = CheckId(u32::try_from(self.checks.len()).unwrap_or(u32::MAX));
        self.checks.push(CheckInfo { endpoint: endpoint.to_owned(), name, class });
        id
    }
}
