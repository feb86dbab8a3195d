//! JUnit XML, so that a verdict shows wherever test results do.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::escape::xml;
use super::view::{ReportView, RunView, ThresholdView, Tone};
use crate::record::{Record, Verdict};

/// One suite a scenario; one case for the measurement as such, and one for each threshold, compared figure and verify
/// step. What can't fail the run is never a failure: it is skipped, with the reason. A run that failed by no case of these,
/// because its policy wants a comparison that says something, has one more.
pub fn junit(records: &[Record]) -> String {
    let view = ReportView::of(records);
    let mut report = Report::new("loadline");
    for (record, run) in records.iter().zip(&view.runs) {
        report.add_test_suite(suite(record, run));
    }
    report.to_string().unwrap_or_else(|error| unreachable!("writing into memory: {error}"))
}

fn suite(record: &Record, run: &RunView) -> TestSuite {
    let mut suite = TestSuite::new(xml(&run.name));
    suite.set_time(record.run.duration.into());
    for fact in &run.details {
        suite.add_property(Property::new(fact.label, xml(&fact.value)));
    }
    let case = |kind: &str, name: &str, status: TestCaseStatus| {
        let mut case = TestCase::new(xml(name), status);
        case.set_classname(xml(&format!("{}.{kind}", run.name)));
        case
    };
    suite.add_test_case(case("measurement", "the measurement can be trusted", measurement(record, run)));
    for row in &run.thresholds {
        suite.add_test_case(case("thresholds", &format!("{}: {}", row.scope, row.expression), threshold(row)));
    }
    if let Some(comparison) = &run.comparison {
        for row in &comparison.rows {
            let message = row.sentence();
            suite.add_test_case(case("comparison", &format!("{}: {}", row.scope, row.metric), judged(row.tone, &message)));
        }
        if comparison.rows.is_empty() {
            suite.add_test_case(case("comparison", "baseline", skipped(&format!("{}: {}", comparison.verdict, comparison.sentence))));
        }
    }
    for step in &run.verify {
        let message = if step.message.is_empty() { step.outcome } else { &step.message };
        suite.add_test_case(case("verify", &step.name, judged(step.tone, message)));
    }
    if record.summary.verdict == Verdict::Failed && suite.failures == 0 {
        // No figure by itself failed it: the policy doesn't pass what can't be told.
        suite.add_test_case(case("comparison", "verdict", judged(Tone::Bad, &run.verdict.because)));
    }
    suite
}

fn measurement(record: &Record, run: &RunView) -> TestCaseStatus {
    if matches!(record.summary.verdict, Verdict::Passed | Verdict::Failed) {
        return TestCaseStatus::success();
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(xml(&run.verdict.reason)).set_type(record.summary.verdict.to_string());
    status
}

fn threshold(row: &ThresholdView) -> TestCaseStatus {
    judged(row.tone, &row.sentence())
}

fn judged(tone: Tone, message: &str) -> TestCaseStatus {
    match tone {
        Tone::Good => TestCaseStatus::success(),
        Tone::Bad => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(xml(message));
            status
        }
        Tone::Warn | Tone::Neutral => skipped(message),
    }
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(xml(message));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ComparisonVerdict;
    use crate::report::fixture;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_name_is_legal_xml(name in any::<String>()) {
            let mut record = fixture::failed();
            record.endpoints.clear();
            record.scenario.name = name.clone();
            record.thresholds[1].scope = name.clone();
            record.verify[0].message = Some(name);
            let report = Report::deserialize_from_str(&junit(&[record])).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(report.test_suites[0].failures, 4);
        }
    }

    #[test]
    fn what_failed_is_a_failure_with_its_message() {
        insta::assert_snapshot!(junit(&[fixture::failed()]));
    }

    #[test]
    fn every_report_is_read_back() {
        let records = [fixture::passed(), fixture::failed(), fixture::empty(), fixture::capacity()];
        let report = Report::deserialize_from_str(&junit(&records)).unwrap();
        assert_eq!(report.test_suites.len(), 4);
        assert_eq!(report.test_suites.iter().map(|suite| suite.failures).collect::<Vec<_>>(), [0, 4, 1, 0]);
        assert_eq!(report.test_suites.iter().map(|suite| suite.errors).collect::<Vec<_>>(), [0, 0, 1, 0]);
    }
    #[test]
    fn a_failed_run_has_a_failure_even_where_no_figure_failed() {
        let mut record = fixture::passed();
        let comparison = record.comparison.as_mut().unwrap();
        comparison.verdict = ComparisonVerdict::NoBaseline;
        comparison.sentence = "no baseline: nothing was compared".to_owned();
        comparison.contrasts.clear();
        record.summary.verdict = Verdict::Failed;
        let report = Report::deserialize_from_str(&junit(&[record])).unwrap();
        let failed = report.test_suites[0].test_cases.iter().filter_map(|case| match &case.status {
            TestCaseStatus::NonSuccess { message, .. } => Some((case.name.to_string(), message.clone().unwrap().to_string())),
            _ => None,
        });
        assert_eq!(failed.collect::<Vec<_>>(), [("verdict".to_owned(), "comparison: no baseline".to_owned())]);
    }
}
