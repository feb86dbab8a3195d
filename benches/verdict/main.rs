//! The proof of the verdict: how often it cries wolf, and what it finds.
//!
//!     cargo bench --bench verdict -- simulate [RUNS]
//!     cargo bench --bench verdict -- record FOLDER [PART]
//!     cargo bench --bench verdict -- replay FOLDER [REPLAYS]
//!     cargo bench --bench verdict -- contrast FOLDER [REPLAYS]
//!     cargo bench --bench verdict -- lengths FOLDER
//!
//! `docs/verdict.md` says what each of them does and shows the tables they print.

mod recordings;
mod replay;
mod resample;
mod simulate;
mod simulator;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo bench --bench verdict -- simulate [RUNS]             made-up runs: coverage and p-values
cargo bench --bench verdict -- replay FOLDER [REPLAYS]     recorded runs: false alarms, power, real effects";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = match words.as_slice() {
        ["replay", folder, rest @ ..] => number(rest, 500).and_then(|replays| replay::replay_all(Path::new(folder), replays)),
        ["simulate", rest @ ..] => number(rest, 5_000).map(simulate::simulate),
        // `cargo test --benches` and `cargo bench` without arguments prove nothing and must not fail.
        [] => Ok(USAGE.to_owned()),
        _ => Err(USAGE.to_owned()),
    };
    match said {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
    }
}

fn number(words: &[&str], otherwise: usize) -> Result<usize, String> {
    match words {
        [] => Ok(otherwise),
        [word] => word.parse().map_err(|_| format!("`{word}` is no number\n{USAGE}")),
        _ => Err(USAGE.to_owned()),
    }
}
