//! Simulated runs: how often history mode cries wolf, and what it sees.
//!
//! Runs are simulated as what a comparison reads of them. Between runs everything moves together by the spread that
//! was measured on two-core machines (`docs/comparison.md`), and each figure by itself on top; failures are binomial.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::changes::{latest, shifts};
use super::figure::Figure;
use super::history::{Baseline, contrasts};
use super::observation::{Observation, Reading, ScopeObservation};
use super::policy::Policy;
use crate::record::ContrastVerdict;

/// How runs of the same code differ.
#[derive(Clone, Copy)]
struct Noise {
    /// Standard deviation of the logarithm of all times of a run together.
    shared: f64,
    /// Of each p50 by itself; p95 has twice and p99 four times as much.
    own: f64,
}

/// What was measured: p50 moves by 6 to 9 % from run to run.
const MEASURED: Noise = Noise { shared: 0.07, own: 0.04 };
/// A bad runner: twice as much.
const ROUGH: Noise = Noise { shared: 0.14, own: 0.08 };

const SCOPES: [&str; 7] = ["all", "GET /a", "GET /b", "GET /c", "POST /d", "POST /e", "PUT /f"];
const REQUESTS: u64 = 5_000;
const ERROR_RATE: f64 = 0.002;

/// What the candidate does otherwise than the baseline.
#[derive(Clone, Copy)]
enum Change {
    Nothing,
    /// All times are this many times longer.
    Slower(f64),
    /// Those of one endpoint of six.
    OneSlower(f64),
    /// This many times more failures.
    Failing(f64),
}

fn run(random: &mut Pcg64Mcg, noise: Noise, change: Change) -> Observation {
    let common = noise.shared * normal(random);
    let mut scope = |name: &str| {
        let factor = match change {
            Change::Slower(factor) => factor,
            Change::OneSlower(factor) if name == "GET /a" => factor,
            _ => 1.0,
        };
        let mut reading = |spread: f64| {
            let logarithm = common + spread * normal(random);
            Reading { value: factor * 0.01 * logarithm.exp(), error: 0.01 }
        };
        let percentiles = [(Figure::P50, 1.0), (Figure::P95, 2.0), (Figure::P99, 4.0)];
        let percentiles = percentiles.map(|(figure, times)| (figure, reading(times * noise.own))).to_vec();
        let throughput = (name == "all").then(|| Reading { value: 300.0 * (-common).exp() / factor, error: 0.01 });
        let failures = failures(random, ERROR_RATE * if let Change::Failing(times) = change { times } else { 1.0 });
        ScopeObservation { name: name.to_owned(), requests: REQUESTS, failures, percentiles, throughput, clumping: 1.0, bursts: 1.0 }
    };
    Observation { generator_cpu: Some(20.0), scopes: SCOPES.iter().map(|name| scope(name)).collect() }
}

/// How many of [`REQUESTS`] fail: the requests between two failures are geometric, which is quicker than drawing each.
fn failures(random: &mut Pcg64Mcg, rate: f64) -> u64 {
    let (mut at, mut count) = (0.0, 0);
    loop {
        let uniform: f64 = random.random();
        at += ((1.0 - uniform).ln() / (1.0 - rate).ln()).floor() + 1.0;
        if at > REQUESTS as f64 {
            return count;
        }
        count += 1;
    }
}

fn normal(random: &mut Pcg64Mcg) -> f64 {
    // Box and Muller (1958); 1 - u is never zero.
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The share of `rounds` comparisons with `records` stored runs in which something judged regressed.
fn regressed(rounds: u32, records: usize, noise: Noise, change: Change) -> f64 {
    let mut random = Pcg64Mcg::seed_from_u64(7 + records as u64);
    let policy = Policy::default();
    let found = (0..rounds).filter(|_| {
        let baseline: Vec<Observation> = (0..records).map(|_| run(&mut random, noise, Change::Nothing)).collect();
        let shifts = latest(shifts(&baseline, &Figure::USUAL));
        let baseline = Baseline { runs: &baseline, shifts: &shifts };
        let (contrasts, _) = contrasts(&run(&mut random, noise, change), &baseline, &policy, true);
        contrasts.iter().any(|contrast| contrast.judged && contrast.verdict == ContrastVerdict::Regressed)
    });
    found.count() as f64 / f64::from(rounds)
}

#[test]
fn runs_of_the_same_code_are_called_regressed_in_at_most_one_of_a_hundred() {
    for records in [1, 3, 10] {
        let alarms = regressed(2_000, records, MEASURED, Change::Nothing);
        assert!(alarms <= 0.01, "{alarms} with {records} records");
    }
}

#[test]
fn ten_records_find_a_half_slower_service_nearly_always() {
    let found = regressed(400, 10, MEASURED, Change::Slower(1.5));
    assert!(found >= 0.9, "{found}");
}

#[test]
fn one_record_finds_what_is_three_times_slower() {
    let found = regressed(400, 1, MEASURED, Change::Slower(3.0));
    assert!(found >= 0.95, "{found}");
}

#[test]
#[ignore = "minutes without optimisation; it keeps the table of docs/comparison.md honest"]
fn the_docs_show_what_the_simulation_gives() {
    let row = |name: &str, noise: Noise, records: usize| {
        let found = |change| format!("{:.0} %", 100.0 * regressed(400, records, noise, change));
        format!(
            "| {records} | {name} | {:.2} % | {} | {} | {} | {} | {} |\n",
            100.0 * regressed(2_000, records, noise, Change::Nothing),
            found(Change::Slower(1.3)),
            found(Change::Slower(1.5)),
            found(Change::Slower(2.0)),
            found(Change::OneSlower(2.0)),
            found(Change::Failing(3.0)),
        )
    };
    let mut table = String::from(
        "| records | noise | false alarms | all 30 % slower | all 50 % slower | all 2 x | one endpoint 2 x | 3 x the errors |\n\
         |---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    let rows =
        [("measured", MEASURED), ("twice that", ROUGH)].into_iter().flat_map(|noise| [1, 2, 3, 5, 10, 30].map(|records| (noise, records)));
    // Each draws its own random numbers: they can be made at once.
    table += &std::thread::scope(|threads| {
        let made: Vec<_> = rows.map(|((name, noise), records)| threads.spawn(move || row(name, noise, records))).collect();
        made.into_iter().map(|row| row.join().unwrap()).collect::<String>()
    });
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/comparison.md")).unwrap();
    assert!(docs.contains(&table), "put this into docs/comparison.md:\n{table}");
}
