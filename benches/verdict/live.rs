//! Whole runs as a user types them: does the exit code say what is true?

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::processes::{Demo, LOADLINE, hog, text_of};

const SCENARIO: &str = "\
name: products
target: http://127.0.0.1:1
users: { reader: { tasks: [{ get: /products/ }] } }
load: { users: 4, duration: 10s }
";

/// A row for each of `runs` runs of `loadline run` with its defaults: the demo with this defect, if any, against the demo,
/// each in a process of its own that is started anew for each run; beside a busy loop where `beside_hog` says so.
pub(crate) fn live(runs: usize, defect: Option<&str>, beside_hog: bool) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(text_of)?;
    std::fs::write(folder.path().join("live.yml"), SCENARIO).map_err(text_of)?;
    let mut out = format!(
        "The candidate: {}; {}\n\n\
         | run | exit | time | verdict | looks | p50 | p95 | throughput | seen in p50 |\n|---:|---:|---:|---|---:|---:|---:|---:|---:|\n",
        defect.map_or("the same as the base".to_owned(), |defect| format!("`--defect {defect}`")),
        if beside_hog { "beside a busy loop" } else { "without a busy loop" }
    );
    let mut failed = 0;
    for run in 1..=runs {
        let _hog = if beside_hog { Some(hog()?) } else { None };
        let (code, took, record) = one(folder.path(), defect).map_err(|error| format!("run {run}: {error}"))?;
        failed += usize::from(code == 1);
        let comparison = &record["comparison"];
        let contrast = |metric: &str| {
            let of_whole = |contrast: &&Value| contrast["scope"] == "all" && contrast["metric"] == metric;
            comparison["contrasts"].as_array().and_then(|contrasts| contrasts.iter().find(of_whole)).cloned().unwrap_or_default()
        };
        let percent = |value: &Value| value.as_f64().map_or("–".to_owned(), |value| format!("{:+.1} %", value * 100.0));
        let [p50, p95, throughput] = ["p50", "p95", "throughput"].map(contrast);
        let changes = [&p50, &p95, &throughput].map(|contrast| percent(&contrast["delta"])).join(" | ");
        let (verdict, looks) = (comparison["verdict"].as_str().unwrap_or("none"), &comparison["pairs"]["look"]);
        let _ = writeln!(out, "| {run} | {code} | {took:.0} s | {verdict} | {looks} | {changes} | {} |", percent(&p50["detectable"]));
        eprintln!("run {run} of {runs}: exit {code} after {took:.0} s");
    }
    let _ = writeln!(out, "\n{failed} of {runs} runs failed");
    Ok(out)
}

/// Exit code, seconds, and record of one run.
fn one(folder: &Path, defect: Option<&str>) -> Result<(i32, f64, Value), String> {
    let base = Demo::start(&[])?;
    let candidate = Demo::start(&defect.map_or(Vec::new(), |defect| vec!["--defect", defect]))?;
    let begun = Instant::now();
    let status = Command::new(LOADLINE)
        .args(["run", "live.yml", "--quiet", "--target", &candidate.address, "--base", &base.address])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(text_of)?;
    let took = begun.elapsed().as_secs_f64();
    let record = std::fs::read(folder.join("loadline-report/record.json")).map_err(|error| format!("{status}, no record: {error}"))?;
    let record = serde_json::from_slice(&record).map_err(|error| error.to_string())?;
    Ok((status.code().unwrap_or(-1), took, record))
}
