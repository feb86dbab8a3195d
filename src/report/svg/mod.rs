//! Small charts of our own: static SVG, coloured by the classes of the report's style sheet, readable without script.

mod distribution;
mod lines;
mod scale;

pub(super) use distribution::distribution;
pub(super) use lines::{LineChart, Series, Unit};

use serde::Serialize;

/// A chart, ready to be put into HTML; its texts are escaped.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) svg: String,
    /// Name and class of each line.
    pub(super) legend: Vec<(&'static str, &'static str)>,
}

/// A coordinate: a tenth of a pixel is enough, and keeps files small.
fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
