//! Figures of every recorded block: small enough to keep, where the recordings are not.

use std::fs::File;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use loadline::metrics::Histogram;

use crate::recordings;

/// Writes a gzipped CSV file with a line for each block of each recording of a folder; times are in microseconds.
pub(crate) fn figures(folder: &Path, to: &Path) -> Result<String, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("failed to write {}: {error}", to.display());
    let file = File::create(to).map_err(|error| wrong(&error))?;
    let mut lines = csv::Writer::from_writer(GzEncoder::new(file, Compression::best()));
    let head = [
        "recording",
        "phase",
        "pair",
        "arm",
        "first",
        "disturbed",
        "at",
        "measured",
        "finished",
        "requests",
        "failures",
        "p50",
        "p95",
        "p99",
    ];
    lines.write_record(head).map_err(|error| wrong(&error))?;
    let recordings = recordings::read(folder)?;
    for recording in &recordings {
        for block in &recording.blocks.blocks {
            let mut ok = Histogram::default();
            block.endpoints.iter().for_each(|endpoint| ok.merge(&endpoint.ok));
            let at = |percent: f64| ok.percentile(percent).map_or(String::new(), |time| time.0.to_string());
            let sum = |of: fn(&loadline::record::BlockEndpoint) -> u64| block.endpoints.iter().map(of).sum::<u64>().to_string();
            let line = [
                recording.name.clone(),
                format!("{:?}", block.phase).to_lowercase(),
                block.pair.to_string(),
                format!("{:?}", block.arm).to_lowercase(),
                u8::from(block.first).to_string(),
                block.disturbed.clone().unwrap_or_default(),
                format!("{:.3}", block.at),
                format!("{:.4}", block.measured),
                format!("{:.2}", block.finished),
                sum(|endpoint| endpoint.requests),
                sum(|endpoint| endpoint.failures),
                at(50.0),
                at(95.0),
                at(99.0),
            ];
            lines.write_record(line).map_err(|error| wrong(&error))?;
        }
    }
    let packed = lines.into_inner().map_err(|error| wrong(&error))?;
    packed.finish().map_err(|error| wrong(&error))?;
    Ok(format!("{} recordings in {}", recordings.len(), to.display()))
}
