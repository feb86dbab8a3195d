//! A comparison of figures that can't be trusted.

use crate::record::Record;

/// Lets the comparison of an invalid run be seen without holding it against anybody: its figures are doubted, whatever
/// they say. That goes for improvements too.
pub fn void_comparison(record: &mut Record) {
    let is_invalid = record.warnings.iter().any(|warning| warning.invalidates);
    if let Some(comparison) = record.comparison.as_mut().filter(|comparison| is_invalid && !comparison.contrasts.is_empty()) {
        comparison.advisory = true;
        let said = "the run is invalid, so nothing is held against it here";
        comparison.note = Some(comparison.note.take().map_or_else(|| said.to_owned(), |note| format!("{said}; {note}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Policy, history, select};
    use crate::record::fixture::sketch;
    use crate::record::{ComparisonVerdict, Warning};

    #[test]
    fn a_regression_of_an_invalid_run_is_shown_and_nothing_more() {
        let stored: Vec<Record> = (0..10).map(|at| sketch(&format!("b{at}"), -1 - at).record()).collect();
        let mut record = sketch("head", 0).slower(2.0).record();
        record.comparison = Some(history(&record, &select(&record, &stored), "baselines/main/shop", &Policy::default()));
        void_comparison(&mut record);
        let comparison = record.comparison.clone().unwrap();
        assert_eq!((comparison.verdict, comparison.advisory), (ComparisonVerdict::Regressed, false));

        record.warnings = vec![Warning { code: "x".to_owned(), invalidates: true, message: "saturated".to_owned(), advice: None }];
        void_comparison(&mut record);
        let comparison = record.comparison.unwrap();
        assert_eq!((comparison.verdict, comparison.advisory), (ComparisonVerdict::Regressed, true));
        assert!(comparison.note.unwrap().starts_with("the run is invalid, so nothing is held against it here"));
    }
}
