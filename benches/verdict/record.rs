//! Records blocks: `loadline demo` against `loadline demo`, three services in two kinds of weather, four effects, and
//! blocks of other lengths.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::processes::{Demo, LOADLINE, hog, text_of};

/// How long a recording takes, warm-up and probe included.
const BUDGET: &str = "150s";
/// Everything that is random in the recordings follows from it.
const SEED: u64 = 20_261_120;

/// One recording to be made.
struct Wanted {
    name: String,
    /// Options of both demos.
    service: &'static [&'static str],
    /// More options of the candidate, instead of those of the same name.
    candidate: &'static [&'static str],
    hog: bool,
    /// The length of a block, where it is not left to the run.
    block: Option<&'static str>,
    seed: u64,
}

/// 0.2 ms of work; 5 ms of work; a fifth of the requests twice as slow, and a pause of 30 ms every two seconds.
const SERVICES: [(&str, &[&str]); 3] =
    [("fast", &["--work", "200us"]), ("cpu", &["--work", "5ms"]), ("bimodal", &["--work", "1ms", "--defect", "tail=20%,stall=30ms/2s"])];

/// What is different in the candidate: 5 % more work; 5 % more sleep; 5 % of the requests twice as slow; as much work
/// as takes 5 % of the throughput.
const EFFECTS: [(&str, &[&str], &[&str]); 4] = [
    ("slow", &["--work", "2ms"], &["--defect", "slow=5%"]),
    ("sleep", &["--work", "100us", "--defect", "delay=5ms"], &["--work", "100us", "--defect", "delay=5.25ms"]),
    ("tail", &["--work", "2ms"], &["--defect", "tail=5%"]),
    ("rate", &["--work", "1.2ms"], &["--defect", "slow=5.26%"]),
];

/// Lengths of a block; the service works for 2 ms.
const LENGTHS: [&str; 5] = ["100ms", "200ms", "500ms", "1s", "2s"];

/// Makes those of all recordings whose name begins with `part` and that are not there yet.
pub(crate) fn record(folder: &Path, part: &str) -> Result<String, String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("failed to make {}: {error}", folder.display()))?;
    let mut made = 0;
    for wanted in all().iter().filter(|wanted| wanted.name.starts_with(part)) {
        let file = folder.join(format!("{}.jsonl.gz", wanted.name));
        if !file.exists() {
            eprintln!("{}", wanted.name);
            wanted.record(&file).map_err(|error| format!("{}: {error}", wanted.name))?;
            made += 1;
        }
    }
    Ok(format!("{made} recordings made in {}", folder.display()))
}

fn all() -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    let mut want = |name: String, service, candidate, hog, block| {
        let seed = SEED + all.len() as u64;
        all.push(Wanted { name, service, candidate, hog, block, seed });
    };
    for (kind, service) in SERVICES {
        for (weather, hog) in [("calm", false), ("hog", true)] {
            (1..=4).for_each(|start| want(format!("{kind}-{weather}-{start}"), service, &[], hog, None));
        }
    }
    for (kind, service, candidate) in EFFECTS {
        (1..=2).for_each(|start| want(format!("{kind}-calm-{start}"), service, candidate, false, None));
    }
    for length in LENGTHS {
        want(format!("block-{length}"), &["--work", "2ms"], &[], false, Some(length));
    }
    all
}

impl Wanted {
    fn record(&self, to: &Path) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let scenario = folder.path().join("recording.yml");
        let block = self.block.map(|block| format!(", block: {block}")).unwrap_or_default();
        let text = format!(
            "name: {}\ntarget: http://127.0.0.1:1\nusers:\n  reader:\n    tasks:\n      - get: /students\n\
             load: {{ users: 4, duration: 10s }}\npaired: {{ looks: 1, starts: 1{block} }}\n",
            self.name
        );
        std::fs::write(&scenario, text).map_err(|error| error.to_string())?;
        let base = Demo::start(self.service)?;
        // An option that is given again replaces the one before it.
        let candidate = Demo::start(&replaced(self.service, self.candidate))?;
        let _hog = if self.hog { Some(hog()?) } else { None };
        let report = folder.path().join("report");
        let status = Command::new(LOADLINE)
            .arg("run")
            .arg(&scenario)
            .args([
                "--target",
                &candidate.address,
                "--base",
                &base.address,
                "--budget",
                BUDGET,
                "--seed",
                &self.seed.to_string(),
                "--quiet",
            ])
            .arg("--out")
            .arg(&report)
            .stdout(Stdio::null())
            .status()
            .map_err(text_of)?;
        // Whatever the verdict: what counts is that there are blocks.
        std::fs::copy(report.join("blocks.jsonl.gz"), to).map_err(|error| format!("no blocks, exit {status}: {error}"))?;
        Ok(())
    }
}

/// The options of the service with those of the candidate in the place of others of the same name.
fn replaced<'a>(service: &[&'a str], candidate: &[&'a str]) -> Vec<&'a str> {
    let kept = service.chunks(2).filter(|option| !candidate.chunks(2).any(|other| other[0] == option[0]));
    kept.flatten().chain(candidate).copied().collect()
}
