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

/// What a run is of.
#[derive(Debug, Default)]
pub(crate) struct Live<'a> {
    /// What is wrong with the candidate, if anything.
    defect: Option<&'a str>,
    /// Beside a busy loop.
    beside_hog: bool,
    /// Loadline starts both, four times in a run, instead of finding them running.
    started: bool,
}

impl<'a> Live<'a> {
    /// `hog`, `started`, and a defect, in any order.
    pub(crate) fn of(words: &[&'a str]) -> Result<Self, String> {
        let mut live = Self::default();
        for &word in words {
            match word {
                "hog" => live.beside_hog = true,
                "started" => live.started = true,
                defect if live.defect.is_none() => live.defect = Some(defect),
                _ => return Err(format!("`{word}` is one word too many")),
            }
        }
        Ok(live)
    }
}

/// A row for each of `runs` runs of `loadline run` with its defaults: the demo with this defect, if any, against the demo, each in
/// a process of its own that is started anew for each run.
pub(crate) fn live(runs: usize, what: &Live<'_>) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(text_of)?;
    let mut out = format!(
        "The candidate: {}; {}{}\n\n\
         | run | exit | time | verdict | looks | p50 | p95 | throughput | seen in p50 |\n|---:|---:|---:|---|---:|---:|---:|---:|---:|\n",
        what.defect.map_or("the same as the base".to_owned(), |defect| format!("`--defect {defect}`")),
        if what.beside_hog { "beside a busy loop" } else { "without a busy loop" },
        if what.started { "; both started four times" } else { "" }
    );
    let mut failed = 0;
    for run in 1..=runs {
        let _hog = if what.beside_hog { Some(hog()?) } else { None };
        let (code, took, record) = one(folder.path(), what).map_err(|error| format!("run {run}: {error}"))?;
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
fn one(folder: &Path, what: &Live<'_>) -> Result<(i32, f64, Value), String> {
    let defect = what.defect.map_or(Vec::new(), |defect| vec!["--defect", defect]);
    let mut run = Command::new(LOADLINE);
    run.args(["run", "live.yml", "--quiet"]);
    let demos = if what.started {
        let command = |options: &[&str]| format!("exec {LOADLINE} demo --listen 127.0.0.1:$PORT {}", options.join(" "));
        let service = format!("service: {{ command: {:?}, port: auto, ready: {{ get: /health }} }}\n", command(&defect));
        write(folder, &format!("{}{service}", SCENARIO.replace("127.0.0.1:1", "127.0.0.1:${PORT}")))?;
        run.args(["--base-command", &command(&[])]);
        Vec::new()
    } else {
        let (base, candidate) = (Demo::start(&[])?, Demo::start(&defect)?);
        write(folder, SCENARIO)?;
        run.args(["--target", &candidate.address, "--base", &base.address]);
        vec![base, candidate]
    };
    let begun = Instant::now();
    let status = run.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(text_of)?;
    let took = begun.elapsed().as_secs_f64();
    drop(demos);
    let record = std::fs::read(folder.join("loadline-report/record.json")).map_err(|error| format!("{status}, no record: {error}"))?;
    let record = serde_json::from_slice(&record).map_err(|error| error.to_string())?;
    Ok((status.code().unwrap_or(-1), took, record))
}

fn write(folder: &Path, scenario: &str) -> Result<(), String> {
    std::fs::write(folder.join("live.yml"), scenario).map_err(text_of)
}
