//! Which statuses are a success.

use std::ops::RangeInclusive;

use serde_json::Value as Json;

use crate::plan::source_error::SourceError;

/// Which statuses count as success: by default all below 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRule {
    allowed: Vec<RangeInclusive<u16>>,
    /// As written, each part.
    parts: Vec<String>,
    is_list: bool,
}

impl StatusRule {
    /// Reads `check.status`: a number, a class `2xx`, a range `200..299`, or a list of these.
    pub fn parse(source: &Json) -> Result<Self, SourceError> {
        let (items, is_list) = match source {
            Json::Array(items) => (items.as_slice(), true),
            single => (std::slice::from_ref(single), false),
        };
        if items.is_empty() {
            return Err(SourceError::new("no status is ever one of an empty list"));
        }
        let (mut allowed, mut parts) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            let (range, part) = part(item).map_err(|error| if is_list { error.within(&format!("/{at}")) } else { error })?;
            allowed.push(range);
            parts.push(part);
        }
        Ok(Self { allowed, parts, is_list })
    }

    /// Whether `status` is a success.
    pub fn allows(&self, status: u16) -> bool {
        self.allowed.iter().any(|range| range.contains(&status))
    }

    /// What the check is called in reports: `status == 201`, `status in [201, 409]`, `status in 2xx`.
    pub fn name(&self) -> String {
        match self.parts.as_slice() {
            [] => "status < 400".to_owned(),
            [number] if !self.is_list && number.parse::<u16>().is_ok() => format!("status == {number}"),
            [part] if !self.is_list => format!("status in {part}"),
            parts => format!("status in [{}]", parts.join(", ")),
        }
    }

    /// What a wrong status is told: `expected status 201 or 409, got 500`.
    pub(super) fn complaint(&self, status: u16) -> String {
        let expected = match self.parts.split_last() {
            None => return format!("expected a status below 400, got {status}"),
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        };
        format!("expected status {expected}, got {status}")
    }
}

impl Default for StatusRule {
    fn default() -> Self {
        Self { allowed: vec![0..=399], parts: Vec::new(), is_list: false }
    }
}

fn part(source: &Json) -> Result<(RangeInclusive<u16>, String), SourceError> {
    let wrong = |shown: &str| {
        SourceError::new(format!("`{shown}` is no status"))
            .help("write a number such as 201, a class `2xx`, a range `200..299`, or a list of these")
    };
    let text = match source {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().to_owned(),
        other => return Err(wrong(&other.to_string())),
    };
    let status = |text: &str| text.trim().parse::<u16>().ok().filter(|status| (100..1000).contains(status));
    if let Some(number) = status(&text) {
        return Ok((number..=number, text));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(class) = lower.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok()).filter(|class| (1..=5).contains(class)) {
        return Ok((class * 100..=class * 100 + 99, lower));
    }
    match text.split_once("..").map(|(low, high)| (status(low), status(high))) {
        Some((Some(low), Some(high))) if low <= high => Ok((low..=high, text)),
        Some((Some(low), Some(high))) => {
            Err(SourceError::new(format!("the range `{text}` is empty")).help(format!("write `{high}..{low}`")))
        }
        _ => Err(wrong(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_allow_what_they_say() {
        for (source, name, complaint, allowed, refused) in [
            (json!(201), "status == 201", "expected status 201, got 500", vec![201], vec![200, 202]),
            (json!("204"), "status == 204", "expected status 204, got 500", vec![204], vec![200]),
            (json!("2xx"), "status in 2xx", "expected status 2xx, got 500", vec![200, 299], vec![199, 300]),
            (json!("200..204"), "status in 200..204", "expected status 200..204, got 500", vec![200, 204], vec![205]),
            (json!([201, 409]), "status in [201, 409]", "expected status 201 or 409, got 500", vec![201, 409], vec![200]),
            (
                json!([200, "3XX", "404"]),
                "status in [200, 3xx, 404]",
                "expected status 200, 3xx or 404, got 500",
                vec![200, 301, 404],
                vec![400],
            ),
        ] {
            let rule = StatusRule::parse(&source).unwrap();
            assert_eq!((rule.name().as_str(), rule.complaint(500).as_str()), (name, complaint));
            assert!(allowed.iter().all(|status| rule.allows(*status)), "{source}");
            assert!(!refused.iter().any(|status| rule.allows(*status)), "{source}");
        }
        let rule = StatusRule::default();
        assert!(rule.allows(302) && !rule.allows(400));
        assert_eq!(rule.complaint(500), "expected a status below 400, got 500");
    }

    #[test]
    fn what_is_no_status_is_refused() {
        for (source, pointer) in [
            (json!("ok"), ""),
            (json!(99), ""),
            (json!(2000), ""),
            (json!(true), ""),
            (json!("6xx"), ""),
            (json!("299..200"), ""),
            (json!([]), ""),
            (json!([200, "x"]), "/1"),
            (json!(20.5), ""),
        ] {
            assert_eq!(StatusRule::parse(&source).map_err(|error| error.pointer), Err(pointer.to_owned()), "{source}");
        }
    }
}
