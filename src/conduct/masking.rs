//! Secrets in what was measured: a path or an error message may hold one.

use crate::record::{Comparison, Record};

/// Masks every text of a record that a scenario or a service had a say in. Figures, digests and histograms stay as
/// they are: masking those could only break them. Masking twice does no more than once.
pub fn mask_record(record: &mut Record, mask: &dyn Fn(&str) -> String) {
    let put = |text: &mut String| *text = mask(text);
    put(&mut record.scenario.name);
    record.scenario.profile.iter_mut().chain(&mut record.scenario.environment).for_each(put);
    [&mut record.run.load, &mut record.run.target, &mut record.run.repeat].into_iter().for_each(put);
    record.run.connections.iter_mut().for_each(put);
    for endpoint in &mut record.endpoints {
        put(&mut endpoint.name);
        put(&mut endpoint.class);
        endpoint.tags.iter_mut().for_each(put);
        endpoint.errors.iter_mut().for_each(|error| put(&mut error.message));
    }
    for threshold in &mut record.thresholds {
        put(&mut threshold.scope);
        put(&mut threshold.expression);
        threshold.note.iter_mut().for_each(put);
    }
    for check in &mut record.checks {
        [&mut check.endpoint, &mut check.class, &mut check.name].into_iter().for_each(put);
    }
    for step in &mut record.verify {
        put(&mut step.name);
        step.message.iter_mut().for_each(put);
    }
    for warning in &mut record.warnings {
        put(&mut warning.message);
        warning.advice.iter_mut().for_each(put);
    }
    if let Some(capacity) = &mut record.capacity {
        capacity.objective.iter_mut().for_each(put);
        capacity.steps.iter_mut().flat_map(|step| &mut step.missed).for_each(put);
    }
    if let Some(comparison) = &mut record.comparison {
        mask_comparison(comparison, mask);
    }
}

fn mask_comparison(comparison: &mut Comparison, mask: &dyn Fn(&str) -> String) {
    let put = |text: &mut String| *text = mask(text);
    [&mut comparison.sentence, &mut comparison.source].into_iter().chain(&mut comparison.note).for_each(put);
    comparison.contrasts.iter_mut().for_each(|contrast| put(&mut contrast.scope));
    comparison.changes.iter_mut().for_each(|change| put(&mut change.scope));
}
