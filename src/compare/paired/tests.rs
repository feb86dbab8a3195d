//! From blocks to the verdict.

use super::paired;
use super::simulator::{Sketch, sketch};
use crate::compare::{Amendment, Figure, Policy, Wish};
use crate::metrics::Histogram;
use crate::record::{Arm, ArmIdentity, Block, BlockPhase, Blocks, Comparison, ComparisonVerdict, Contrast, ContrastVerdict};
use crate::units::Micros;

fn judged(blocks: &Blocks) -> Comparison {
    paired(blocks, "the base", &Policy::default())
}

fn of<'a>(comparison: &'a Comparison, scope: &str, metric: &str) -> &'a Contrast {
    comparison.contrasts.iter().find(|contrast| contrast.scope == scope && contrast.metric == metric).unwrap()
}

/// The names of what regressed and can fail the run.
fn regressed(comparison: &Comparison) -> Vec<String> {
    let found = comparison.contrasts.iter().filter(|contrast| contrast.judged && contrast.verdict == ContrastVerdict::Regressed);
    found.map(|contrast| format!("{} {}", contrast.scope, contrast.metric)).collect()
}

fn quiet() -> Sketch {
    Sketch { block_spread: 0.01, ..sketch(1) }
}

#[test]
fn equal_services_are_ok_and_the_sentence_says_what_could_have_been_seen() {
    let comparison = judged(&quiet().blocks());
    insta::assert_snapshot!(comparison.sentence, @"no regression of 5 % or more in p50, p95 and throughput, or of 0.5 points or more in error rate, of the whole run; could have seen 4.9 % in p50, 8.1 % in p95, 4.4 % in throughput and 0.26 points in error rate");
    assert_eq!(comparison.verdict, ComparisonVerdict::Ok);
    assert_eq!(comparison.note, None);
    let pairs = comparison.pairs.unwrap();
    assert_eq!((pairs.latency, pairs.throughput, pairs.redone, pairs.look, pairs.epochs), (112, 37, 0, 1, 1));
}

#[test]
fn eight_percent_are_found_and_told_and_so_is_the_reverse() {
    let worse = judged(&sketch(2).slower(1.08).blocks());
    insta::assert_snapshot!(worse.sentence, @"regression: p50 of the whole run rose by 9.9 % (+7.1 % to +13 %) from 9.86ms, and 1 more; could have seen 8 % in p50, 11 % in p95, 9 % in throughput and 0.27 points in error rate");
    assert_eq!(worse.verdict, ComparisonVerdict::Regressed);
    let better = judged(&quiet().slower(1.0 / 1.08).blocks());
    assert!(better.sentence.starts_with("improvement: "), "{}", better.sentence);
    assert_eq!(better.verdict, ComparisonVerdict::Improved);
}

#[test]
fn the_estimate_and_its_interval_are_near_the_truth() {
    let comparison = judged(&Sketch { requests: vec![250], ..sketch(9) }.slower(1.05).blocks());
    // p50 and p95 of blocks of 250, p99 of neighbourhoods, throughput.
    for (metric, truth) in [("p50", 0.05), ("p95", 0.05), ("p99", 0.05), ("throughput", 1.0 / 1.05 - 1.0)] {
        let contrast = of(&comparison, "all", metric);
        let (low, high) = contrast.interval.unwrap();
        assert!((contrast.delta - truth).abs() < 0.03, "{contrast:?}");
        assert!(low < truth && truth < high && high - low < 0.09, "{contrast:?}");
    }
}

#[test]
fn the_same_blocks_and_seed_give_a_byte_identical_verdict() {
    let blocks = Sketch { pairs: (30, 10), ..sketch(3) }.blocks();
    let mut file = Vec::new();
    blocks.write(&mut file).unwrap();
    let again = Blocks::read(file.as_slice()).unwrap();
    let json = |blocks: &Blocks| serde_json::to_string(&judged(blocks)).unwrap();
    assert_eq!(json(&blocks), json(&again));
    let mut other_seed = blocks.clone();
    other_seed.header.seed += 1;
    assert_ne!(json(&blocks), json(&other_seed));
}

#[test]
fn a_tail_that_hangs_is_a_regression_where_nothing_else_would_show_it() {
    // A load as it is written has no throughput phase. The slowest tenth of the requests takes seconds.
    let mut blocks = Sketch { pairs: (60, 0), ..quiet() }.blocks();
    blocks.header.rate = None;
    for block in blocks.blocks.iter_mut().filter(|block| block.arm == Arm::Candidate) {
        let mut times = Histogram::default();
        let usual = block.endpoints[0].ok.percentile(90.0).unwrap();
        for (time, count) in block.endpoints[0].ok.buckets() {
            times.record_n(if time > usual { time * 500.0 } else { time }, count);
        }
        block.endpoints[0].ok = times;
    }
    let comparison = judged(&blocks);
    assert_eq!(regressed(&comparison), ["all p95"], "{comparison:?}");
    let p95 = of(&comparison, "all", "p95");
    assert!(p95.interval.is_some_and(|(low, high)| 100.0 < low && low < p95.delta && p95.delta < high), "{p95:?}");
}

#[test]
fn only_the_slow_one_of_three_endpoints_is_named() {
    let comparison = judged(&Sketch { requests: vec![30, 30, 30], slower: vec![1.0, 1.2, 1.0], ..quiet() }.blocks());
    let names = regressed(&comparison);
    assert!(names.contains(&"GET /1 p50".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("GET /0") || name.starts_with("GET /2")), "{names:?}");
    assert!(comparison.contrasts.iter().all(|contrast| contrast.scope == "all" || contrast.metric != "throughput"));
}

#[test]
fn an_only_endpoint_is_shown_and_not_judged_twice_unless_it_has_rules_of_its_own() {
    let blocks = Sketch { pairs: (20, 6), ..quiet() }.blocks();
    let comparison = judged(&blocks);
    let (whole, endpoint) = (of(&comparison, "all", "p50"), of(&comparison, "GET /0", "p50"));
    assert!(whole.judged && !endpoint.judged && endpoint.p_adjusted.is_none());
    assert_eq!((whole.delta, whole.interval), (endpoint.delta, endpoint.interval));
    let wish = Wish::Judge { bound: 0.2, floor: None };
    let own = Amendment { endpoint: Some("GET /0".to_owned()), figure: Some(Figure::P50), wish };
    let comparison = paired(&blocks, "the base", &Policy { amendments: vec![own], ..Policy::default() });
    assert!(of(&comparison, "GET /0", "p50").judged);
}

#[test]
fn a_change_below_the_floor_is_ok_however_clear_it_is() {
    let blocks = quiet().slower(1.08).blocks();
    let with_floor = |seconds| {
        let wish = Wish::Judge { bound: 0.05, floor: Some(seconds) };
        let amendments = vec![Amendment { endpoint: None, figure: Some(Figure::P50), wish }];
        of(&paired(&blocks, "the base", &Policy { amendments, ..Policy::default() }), "all", "p50").clone()
    };
    // 8 % of 10 ms is 0.8 ms.
    assert_eq!(with_floor(0.000_5).verdict, ContrastVerdict::Regressed);
    let ok = with_floor(0.002);
    assert_eq!(ok.verdict, ContrastVerdict::Ok);
    assert!(ok.limit.unwrap() - ok.base >= 0.002 && ok.detectable.unwrap() >= 0.002 / ok.base, "{ok:?}");
}

#[test]
fn a_clear_change_below_the_least_effect_fails_nothing() {
    let comparison = judged(&Sketch { pairs: (300, 60), requests: vec![600], ..quiet() }.slower(1.02).blocks());
    let p50 = of(&comparison, "all", "p50");
    assert!(p50.p_adjusted.unwrap() <= 0.000_3, "{p50:?}");
    assert_eq!(p50.verdict, ContrastVerdict::Ok);
}

#[test]
fn disturbed_pairs_and_halves_without_the_other_are_left_out() {
    let blocks = Sketch { pairs: (30, 10), ..quiet() }.blocks();
    let mut disturbed = blocks.clone();
    let wild = Sketch { pairs: (3, 0), ..quiet() }.slower(20.0).blocks();
    disturbed.blocks.extend(wild.blocks.into_iter().map(|block| Block {
        pair: block.pair + 100,
        disturbed: Some("steal".to_owned()).filter(|_| block.arm == Arm::Base),
        ..block
    }));
    let half = disturbed.blocks[0].clone();
    disturbed.blocks.push(Block { pair: 200, ..half });
    let (plain, found) = (judged(&blocks), judged(&disturbed));
    assert_eq!(plain.contrasts, found.contrasts);
    let pairs = found.pairs.unwrap();
    assert_eq!((pairs.latency, pairs.redone), (30, 3));
}

#[test]
fn a_second_look_judges_all_pairs_at_its_own_alpha() {
    let mut blocks = Sketch { pairs: (30, 10), ..quiet() }.blocks();
    assert_eq!(judged(&blocks).pairs.unwrap().alpha, 0.000_3);
    let second: Vec<Block> = blocks.blocks.iter().map(|block| Block { look: 2, at: block.at + 100.0, ..block.clone() }).collect();
    blocks.blocks.extend(second);
    let comparison = judged(&blocks);
    let pairs = comparison.pairs.unwrap();
    assert_eq!((pairs.alpha, pairs.look, pairs.latency, pairs.throughput), (0.000_7, 2, 60, 20));
    assert!(comparison.note.unwrap().starts_with("the first look was inconclusive"));
}

#[test]
fn the_same_digest_is_a_calibration() {
    let mut blocks = Sketch { pairs: (10, 0), ..quiet() }.blocks();
    let mut told = |base: Option<&str>, candidate: Option<&str>| {
        blocks.header.base = ArmIdentity { sha: None, digest: base.map(str::to_owned) };
        blocks.header.candidate = ArmIdentity { sha: None, digest: candidate.map(str::to_owned) };
        let comparison = judged(&blocks);
        (comparison.pairs.unwrap().calibration, comparison.note.unwrap_or_default().contains("calibration"))
    };
    assert_eq!(told(Some("one"), Some("other")), (false, false));
    assert_eq!(told(None, None), (false, false));
    assert_eq!(told(Some("one"), Some("one")), (true, true));
}

#[test]
fn failures_of_every_block_regress_and_a_single_burst_does_not() {
    let error_rate = |blocks: &Blocks| of(&judged(blocks), "all", "error_rate").clone();
    // A clean base: by counts.
    let clean = error_rate(&Sketch { failures: (0, 1), ..quiet() }.blocks());
    assert_eq!(clean.verdict, ContrastVerdict::Regressed, "{clean:?}");
    // A base that fails too: by pairs.
    let both = error_rate(&Sketch { failures: (1, 3), ..quiet() }.blocks());
    assert_eq!(both.verdict, ContrastVerdict::Regressed, "{both:?}");
    assert_eq!(error_rate(&Sketch { failures: (1, 1), ..quiet() }.blocks()).verdict, ContrastVerdict::Ok);
    let mut burst = quiet().blocks();
    let block = burst.blocks.iter_mut().find(|block| block.phase == BlockPhase::Latency && block.arm == Arm::Candidate).unwrap();
    block.endpoints[0].failures = 60;
    assert_ne!(error_rate(&burst).verdict, ContrastVerdict::Regressed);
}

#[test]
fn requests_that_are_too_few_to_rule_failures_out_can_show_them_all_the_same() {
    // 300 requests of either side, where it takes 800 to tell half a point.
    let with = |failures| {
        let comparison = judged(&Sketch { pairs: (30, 0), requests: vec![10], failures, ..quiet() }.blocks());
        let error_rate = of(&comparison, "all", "error_rate");
        (error_rate.judged, error_rate.verdict)
    };
    assert_eq!(with((0, 3)), (true, ContrastVerdict::Regressed), "by counts");
    assert_eq!(with((1, 5)), (true, ContrastVerdict::Regressed), "by pairs");
    assert_eq!(with((3, 0)), (true, ContrastVerdict::Improved));
    assert_eq!(with((0, 0)), (false, ContrastVerdict::Inconclusive));
    assert_eq!(with((1, 1)), (false, ContrastVerdict::Inconclusive));
}

#[test]
fn a_busy_generator_does_not_decide_throughput() {
    let mut blocks = quiet().slower(1.1).blocks();
    blocks.blocks.iter_mut().for_each(|block| block.generator_cpu = Some(0.95));
    let comparison = judged(&blocks);
    assert!(!of(&comparison, "all", "throughput").judged && of(&comparison, "all", "p50").judged);
    assert_eq!(comparison.note.unwrap(), "throughput is shown and not judged: the generator used 95 % of its core");
}

#[test]
fn what_has_too_few_samples_or_pairs_is_shown_and_not_judged() {
    let comparison = judged(&Sketch { pairs: (30, 3), requests: vec![20], ..quiet() }.blocks());
    let (p95, throughput) = (of(&comparison, "all", "p95"), of(&comparison, "all", "throughput"));
    assert_eq!((p95.judged, p95.interval, p95.verdict), (false, None, ContrastVerdict::Inconclusive));
    assert!(!throughput.judged && of(&comparison, "all", "p50").judged);
    insta::assert_snapshot!(comparison.note.unwrap(), @"p95 of the whole run is shown and not judged: it takes 800 successful requests on either side; throughput of the whole run is shown and not judged: it takes 5 pairs");
}

#[test]
fn a_clear_change_in_a_few_dozen_pairs_is_found_although_all_their_differences_are_alike() {
    for pairs in [20, 30, 40] {
        let blocks = Sketch { pairs: (0, pairs), block_spread: 0.000_1, requests: vec![100], ..sketch(5) }.slower(1.2).blocks();
        let throughput = of(&judged(&blocks), "all", "throughput").clone();
        assert_eq!(throughput.verdict, ContrastVerdict::Regressed, "{pairs} pairs: {throughput:?}");
    }
}

#[test]
fn what_too_few_pairs_could_not_have_shown_is_not_ruled_out() {
    let blocks = Sketch { pairs: (112, 8), requests: vec![60], ..quiet() }.blocks();
    let throughput = of(&judged(&blocks), "all", "throughput").clone();
    assert_eq!((throughput.judged, throughput.detectable, throughput.verdict), (true, None, ContrastVerdict::Inconclusive));
    let said = "throughput of the whole run can't be told from chance by 8 pairs: it takes 13, which a longer `--budget` has";
    assert_eq!(judged(&blocks).note.unwrap(), said);
    let more = Sketch { pairs: (112, 24), requests: vec![60], ..quiet() }.blocks();
    assert_eq!(of(&judged(&more), "all", "throughput").verdict, ContrastVerdict::Ok);
}

#[test]
fn what_pairs_say_nothing_of_is_shown_as_a_share_all_the_same() {
    let mut blocks = Sketch { pairs: (1, 0), ..quiet() }.slower(1.5).blocks();
    blocks.blocks.iter_mut().for_each(|block| block.pair = 0);
    let p50 = of(&judged(&blocks), "all", "p50").clone();
    assert_eq!((p50.judged, p50.interval), (false, None));
    assert!((p50.candidate / p50.base - 1.0 - p50.delta).abs() < 1e-12 && p50.delta > 0.2, "{p50:?}");
}

#[test]
fn a_base_without_any_throughput_leaves_a_comparison_that_can_be_stored() {
    let mut blocks = Sketch { pairs: (30, 20), ..quiet() }.blocks();
    let silent = |block: &&mut Block| block.phase == BlockPhase::Throughput && block.arm == Arm::Base;
    blocks.blocks.iter_mut().filter(silent).for_each(|block| block.finished = 0.0);
    let comparison = judged(&blocks);
    assert_eq!(comparison.note.as_deref(), Some("throughput of the whole run is not compared: one side has too little to show"));
    assert!(comparison.contrasts.iter().all(|contrast| contrast.delta.is_finite() && contrast.metric != "throughput"));
    // A load as it is written has no throughput phase, and nothing is missing.
    blocks.blocks.retain(|block| block.phase == BlockPhase::Latency);
    blocks.header.rate = None;
    assert_eq!(judged(&blocks).note, None);
}

#[test]
fn requests_that_only_one_side_answered_make_the_whole_run_no_slower() {
    let repaired = |failing: &dyn Fn(&Block) -> bool| {
        let mut blocks = Sketch { requests: vec![30, 30], slower: vec![1.0, 1.0], ..quiet() }.blocks();
        for block in blocks.blocks.iter_mut().filter(|block| failing(block)) {
            let slow = &mut block.endpoints[1];
            (slow.failures, slow.ok) = (slow.requests, Histogram::default());
        }
        judged(&blocks)
    };
    let comparison = repaired(&|block| block.arm == Arm::Base);
    assert!(!of(&comparison, "all", "p50").judged && !of(&comparison, "all", "throughput").judged);
    assert!(of(&comparison, "GET /0", "p50").judged);
    assert!(comparison.note.unwrap().ends_with("so they are of different requests"));
    assert!(of(&repaired(&|_| false), "all", "p50").judged);
}

#[test]
fn without_pairs_nothing_is_judged() {
    let comparison = judged(&Sketch { pairs: (0, 0), ..quiet() }.blocks());
    assert_eq!(comparison.verdict, ComparisonVerdict::Inconclusive);
    assert_eq!(comparison.sentence, "nothing could be judged: too few pairs or samples");
    assert!(comparison.contrasts.is_empty());
}

#[test]
fn a_candidate_that_only_fails_regresses_without_any_time() {
    let comparison = judged(&Sketch { failures: (0, 60), ..quiet() }.blocks());
    assert_eq!(comparison.verdict, ComparisonVerdict::Regressed);
    assert!(regressed(&comparison).contains(&"all error_rate".to_owned()), "{comparison:?}");
}

#[test]
fn luck_that_changes_with_every_start_widens_the_interval() {
    let width = |luck| {
        let comparison = judged(&Sketch { luck: (luck, 4), ..quiet() }.blocks());
        assert_eq!(comparison.pairs.as_ref().unwrap().epochs, 4);
        let (low, high) = of(&comparison, "all", "p50").interval.unwrap();
        high - low
    };
    let (steady, lucky) = (width(0.0), width(0.08));
    assert!(lucky > 3.0 * steady, "{lucky} and {steady}");
}

#[test]
fn four_starts_that_disagree_are_no_regression_however_many_pairs_they_have() {
    // As logarithms 0.054 on average with an error of 0.012, which is 4.6 of them: with three degrees of freedom no rare sight.
    let factors = [1.03, 1.08, 1.04, 1.075];
    let started = |factors: [f64; 4]| {
        let mut blocks = Sketch { luck: (0.0, 4), pairs: (112, 0), ..quiet() }.blocks();
        for block in blocks.blocks.iter_mut().filter(|block| block.arm == Arm::Candidate) {
            let mut slower = Histogram::default();
            for (time, count) in block.endpoints[0].ok.buckets() {
                slower.record_n(Micros((time.0 as f64 * factors[block.epoch as usize]) as u64), count);
            }
            block.endpoints[0].ok = slower;
        }
        of(&judged(&blocks), "all", "p50").verdict
    };
    assert_eq!(started(factors), ContrastVerdict::Inconclusive);
    assert_eq!(started([1.055; 4]), ContrastVerdict::Regressed);
}

#[test]
fn advisory_figures_are_shown_with_a_verdict_and_without_a_p_value() {
    let comparison = judged(&quiet().slower(1.2).blocks());
    let p99 = of(&comparison, "all", "p99");
    assert!(!p99.judged && p99.p_adjusted.is_none() && p99.interval.is_some());
    assert_eq!(p99.verdict, ContrastVerdict::Regressed);
}
