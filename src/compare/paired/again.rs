//! A paired comparison of which only the figures are left, by rules of our own.

use super::judge::{FIRST_LOOK_ALPHA, SECOND_LOOK_ALPHA};
use super::scope::ALL;
use super::sentence;
use crate::compare::history::nothing;
use crate::compare::{Figure, Policy, Rule, overall};
use crate::record::{Comparison, ComparisonMode, Contrast, ContrastVerdict, Pairs};

/// No figure of a run is larger, in whatever unit.
const LARGEST: f64 = 1e12;
/// What a one-sided interval of 95 % is of the half of a two-sided one: 0.84 where there are many pairs, less where there are few.
const ONE_SIDED: f64 = 0.84;

/// What a paired comparison that somebody else made comes to by another policy, as far as that can be told without the blocks.
///
/// Its p-values and intervals are taken as they are; which of them matter, and which figures can fail the run, is up to the
/// policy. A figure of no scope that is named here, or that the policy doesn't compare, is left out; so are its texts, the
/// name of its base, and what was accepted there. `source` is what the candidate was compared with, in a person's words.
/// None for a comparison that wasn't made of pairs.
pub fn paired_again(found: &Comparison, endpoints: &[&str], source: &str, policy: &Policy) -> Option<Comparison> {
    let pairs = found.pairs.as_ref()?;
    let alpha = if pairs.look > 1 { SECOND_LOOK_ALPHA } else { FIRST_LOOK_ALPHA };
    let figures = policy.figures();
    let again = |contrast: &Contrast| {
        let scope = contrast.scope.as_str();
        let figure = *figures.iter().find(|figure| figure.to_string() == contrast.metric)?;
        let rule = policy.rule(ComparisonMode::Paired, scope, figure);
        let is_ours = (scope == ALL || endpoints.contains(&scope)) && is_plausible(contrast);
        is_ours.then(|| Contrast {
            judged: contrast.judged && rule.gate,
            verdict: verdict(contrast, figure, rule, alpha),
            accepted: None,
            ..contrast.clone()
        })
    };
    let contrasts: Vec<Contrast> = found.contrasts.iter().filter_map(again).collect();
    let mut comparison = Comparison {
        verdict: overall(&contrasts),
        pairs: Some(Pairs { alpha, ..pairs.clone() }),
        contrasts,
        ..nothing(ComparisonMode::Paired, String::new(), source, policy)
    };
    comparison.sentence = sentence::compared_again(&comparison);
    Some(comparison)
}

/// Figures that could be those of a run: none is beyond all measure, and no value below zero.
fn is_plausible(contrast: &Contrast) -> bool {
    let (low, high) = contrast.interval.unwrap_or_default();
    let changes = [contrast.delta, low, high, contrast.limit.unwrap_or(0.0), contrast.detectable.unwrap_or(0.0)];
    [contrast.base, contrast.candidate].iter().all(|value| (0.0..=LARGEST).contains(value))
        && changes.iter().all(|change| change.abs() <= LARGEST)
}

/// The rules of [`super::paired`], with the interval in place of what the pairs said. That something got better is believed
/// as far as it matters: the p-value is that of harm.
fn verdict(contrast: &Contrast, figure: Figure, rule: Rule, alpha: f64) -> ContrastVerdict {
    let (harm, change) = (figure.harm(), contrast.delta * figure.harm());
    let absolute = |size: f64| if figure == Figure::ErrorRate { size } else { size * contrast.base };
    let matters = |size: f64| size > rule.least_effect() && rule.floor.is_none_or(|floor| absolute(size) > floor);
    let is_harmless = |size: f64| size < rule.bound || rule.floor.is_some_and(|floor| absolute(size) <= floor);
    let worst = contrast.interval.map(|(low, high)| if harm > 0.0 { high } else { -low });
    match worst {
        _ if contrast.p_adjusted.is_some_and(|p| p <= alpha) && matters(change) => ContrastVerdict::Regressed,
        _ if contrast.verdict == ContrastVerdict::Improved && matters(-change) => ContrastVerdict::Improved,
        // What could not have failed is not called fine either.
        Some(worst) if contrast.limit.is_some() && is_harmless(change + ONE_SIDED * (worst - change)) => ContrastVerdict::Ok,
        _ => ContrastVerdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Amendment, Wish};
    use crate::record::ComparisonVerdict;

    fn contrast(scope: &str, metric: &str, delta: f64, p: f64, verdict: ContrastVerdict) -> Contrast {
        Contrast {
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            base: 0.010,
            candidate: 0.010 * (1.0 + delta),
            delta,
            interval: Some((delta - 0.01, delta + 0.01)),
            limit: Some(0.011),
            detectable: Some(0.03),
            p_adjusted: Some(p),
            judged: true,
            verdict,
            accepted: None,
        }
    }

    fn found(contrasts: Vec<Contrast>) -> Comparison {
        let pairs = Pairs { latency: 80, throughput: 30, redone: 0, look: 1, epochs: 1, alpha: 1.0, seed: 1, calibration: false };
        Comparison {
            mode: ComparisonMode::Paired,
            verdict: ComparisonVerdict::Ok,
            sentence: "all is well, says the stranger".to_owned(),
            advisory: true,
            note: Some("accepted by nobody".to_owned()),
            source: "the base in ../x".to_owned(),
            records: 7,
            newest: None,
            newest_sha: Some("x".to_owned()),
            pairs: Some(pairs),
            contrasts,
            history: Vec::new(),
            changes: Vec::new(),
        }
    }

    fn again(contrasts: Vec<Contrast>, policy: &Policy) -> Comparison {
        paired_again(&found(contrasts), &["GET /a"], "its base", policy).unwrap()
    }

    fn verdicts(comparison: &Comparison) -> Vec<ContrastVerdict> {
        comparison.contrasts.iter().map(|contrast| contrast.verdict).collect()
    }

    #[test]
    fn what_matters_is_up_to_our_policy_whatever_was_said_there() {
        use ContrastVerdict::{Accepted, Improved, Inconclusive, Ok, Regressed};
        let rows = || {
            vec![
                contrast("all", "p50", 0.30, 0.0001, Ok),
                contrast("all", "p95", 0.01, 0.4, Ok),
                contrast("GET /a", "p50", 0.30, 0.0001, Accepted),
                contrast("GET /a", "p95", -0.30, 1.0, Improved),
                contrast("all", "throughput", 0.045, 0.2, Inconclusive),
            ]
        };
        let strict = again(rows(), &Policy::default());
        assert_eq!(verdicts(&strict), [Regressed, Ok, Regressed, Improved, Ok]);
        assert_eq!((strict.verdict, strict.advisory), (ComparisonVerdict::Regressed, false));
        assert_eq!(
            strict.sentence,
            "regression: p50 of the whole run rose by 30 % (+29 % to +31 %) from 10ms, and 1 more; could have seen 3 % in p50, 3 % in p95 and 3 % in throughput"
        );
        let wish = Wish::Judge { bound: 9.0, floor: None };
        let lenient = again(rows(), &Policy { amendments: vec![Amendment { endpoint: None, figure: None, wish }], ..Policy::default() });
        assert_eq!(verdicts(&lenient), [Ok; 5]);
        assert!(lenient.sentence.starts_with("no regression; could have seen "), "{}", lenient.sentence);
        let wide = Contrast { interval: Some((-0.2, 0.2)), ..contrast("all", "p50", 0.0, 0.5, Ok) };
        assert_eq!(again(vec![wide], &Policy::default()).verdict, ComparisonVerdict::Inconclusive);
    }

    #[test]
    fn nothing_of_the_stranger_is_left_but_figures_that_are_ours() {
        let odd = Contrast { base: 1e300, ..contrast("all", "p95", 0.0, 0.5, ContrastVerdict::Ok) };
        let rows = vec![
            contrast("all", "p50", 0.0, 0.5, ContrastVerdict::Ok),
            contrast("@octocat", "p50", 0.0, 0.5, ContrastVerdict::Ok),
            contrast("all", "<script>", 0.0, 0.5, ContrastVerdict::Ok),
            odd,
        ];
        let comparison = again(rows.clone(), &Policy::default());
        assert_eq!(comparison.contrasts.len(), 1);
        let text = format!("{comparison:?}");
        assert!(!["stranger", "nobody", "../x", "octocat", "script"].iter().any(|word| text.contains(word)), "{text}");
        assert_eq!(paired_again(&Comparison { pairs: None, ..found(rows) }, &[], "its base", &Policy::default()), None);
    }
}
