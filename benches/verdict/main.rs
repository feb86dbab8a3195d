//! The proof of the verdict: how often it cries wolf, and what it finds.
//!
//!     cargo bench --bench verdict -- simulate [RUNS]
//!     cargo bench --bench verdict -- lean [RECORDINGS]
//!     cargo bench --bench verdict -- record FOLDER [PART]
//!     cargo bench --bench verdict -- replay FOLDER [REPLAYS]
//!     cargo bench --bench verdict -- contrast FOLDER [REPLAYS]
//!     cargo bench --bench verdict -- pairs FOLDER
//!     cargo bench --bench verdict -- figures FOLDER FILE
//!     cargo bench --bench verdict -- live RUNS [DEFECT] [hog] [started]
//!
//! `docs/verdict.md` says what each of them does and shows the tables they print.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own, that talks to who started it")]

mod contrast;
mod figures;
mod judged;
mod lean;
mod live;
mod pairs;
mod parallel;
mod processes;
mod record;
mod recordings;
mod replay;
mod resample;
mod simulate;
mod simulator;

use std::path::Path;
use std::process::ExitCode;

use live::Live;

const USAGE: &str = "\
cargo bench --bench verdict -- simulate [RUNS]             made-up runs: coverage and p-values
cargo bench --bench verdict -- lean [RECORDINGS]           made-up recordings: what replays say of a test that is right
cargo bench --bench verdict -- record FOLDER [PART]        recordings of demo against demo whose name begins with PART
cargo bench --bench verdict -- replay FOLDER [REPLAYS]     false alarms, power and real effects in recordings
cargo bench --bench verdict -- contrast FOLDER [REPLAYS]   the same with the methods of other tools
cargo bench --bench verdict -- pairs FOLDER                how exact so many pairs of so many blocks are
cargo bench --bench verdict -- figures FOLDER FILE         figures of every recorded block, as gzipped CSV
cargo bench --bench verdict -- live RUNS [DEFECT] [hog] [started]   whole runs of demo against demo, beside a busy loop or started by them if asked";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = match words.as_slice() {
        ["record", folder] => record::record(Path::new(folder), ""),
        ["record", folder, part] => record::record(Path::new(folder), part),
        ["replay", folder, rest @ ..] => number(rest, 500).and_then(|replays| replay::replay_all(Path::new(folder), replays)),
        ["contrast", folder, rest @ ..] => number(rest, 500).and_then(|replays| contrast::contrast(Path::new(folder), replays)),
        ["pairs", folder] => pairs::pairs(Path::new(folder)),
        ["figures", folder, file] => figures::figures(Path::new(folder), Path::new(file)),
        ["live", runs, rest @ ..] => number(&[*runs], 10).and_then(|runs| live::live(runs, &Live::of(rest)?)),
        ["lean", rest @ ..] => number(rest, 200).map(lean::lean),
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
