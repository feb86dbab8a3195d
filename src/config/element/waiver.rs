//! Regressions that somebody accepted: a file of its own beside the scenarios.

use std::sync::Arc;

use crate::config::reader::{Read, Reader, Spanned, Text, element};
use crate::config::yaml::parse;
use crate::text::{Diagnostic, Source};

element! {
    /// A file of waivers.
    "waivers", "a mapping with `waivers`, a list";
    pub struct WaiversConfig {
        /// The waivers.
        "waivers" waivers: Vec<Spanned<WaiverConfig>> => required,
    }
}

element! {
    /// A regression that somebody accepted, up to a ceiling and until a day.
    "waiver", "a mapping with `scenario`, `endpoint`, `metric`, `ceiling`, `until` and `reason`";
    pub struct WaiverConfig {
        /// The scenario's name.
        "scenario" scenario: Text => required,
        /// The endpoint's name; `all` for the whole run.
        "endpoint" endpoint: Text => required,
        /// The figure: `p95`, `throughput`, `error_rate`.
        "metric" metric: Text => required,
        /// What it may come to: `450ms`, `120/s`, `2%`.
        "ceiling" ceiling: Text => required,
        /// The last day it holds for, UTC: `2026-12-31`.
        "until" until: Text => required,
        /// Why.
        "reason" reason: Text => required,
        /// By whom.
        "by" by: Text => optional,
    }
}

/// Reads a file of waivers; everything that is wrong with it stands beside what could be read. Nothing is substituted in
/// it. An empty file has none.
pub fn read_waivers(source: &Arc<Source>) -> (Vec<Spanned<WaiverConfig>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let Some(root) = parse(source, &mut problems) else { return (Vec::new(), problems) };
    let mut reader = Reader::new(source);
    let waivers = WaiversConfig::read(&root, &mut reader).and_then(|file| file.waivers).map(|waivers| waivers.value);
    problems.extend(reader.problems);
    (waivers.unwrap_or_default(), problems)
}
