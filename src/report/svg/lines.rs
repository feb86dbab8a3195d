//! Lines over time.

use super::scale::{ticks, time_ticks};
use super::{Chart, coordinate};
use crate::report::escape::html;
use crate::report::figures;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// A chart of lines over the load's time.
#[derive(Debug, Clone)]
pub(crate) struct LineChart<'a> {
    /// Unique in the document.
    pub(crate) id: String,
    pub(crate) title: &'static str,
    /// How long the load was, in seconds.
    pub(crate) seconds: f64,
    pub(crate) unit: Unit,
    pub(crate) series: Vec<Series>,
    /// In pixels of a page of usual width.
    pub(crate) height: u16,
    /// Shown where the pointer rests: from, to (seconds), text.
    pub(crate) tips: &'a [(f64, f64, String)],
}

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    /// Of the style sheet.
    pub(crate) class: &'static str,
    /// Seconds and value; none is a gap.
    pub(crate) points: Vec<(f64, Option<f64>)>,
}

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    PerSecond,
    Seconds,
    Count,
    Percent,
    Bytes,
}

impl LineChart<'_> {
    /// Draws it; none where there is no value at all.
    pub(crate) fn draw(&self) -> Option<Chart> {
        let values =
            || self.series.iter().flat_map(|series| &series.points).filter_map(|&(_, value)| value).filter(|value| value.is_finite());
        values().next()?;
        let highest = values().fold(0.0, f64::max);
        let scale = self.unit.scale(highest);
        let most = if self.height < 150 { 2 } else { 4 };
        // Half a user is no tick.
        let least = if self.unit == Unit::Count { most as f64 } else { 0.0 };
        let ticks = ticks((highest / scale).max(least), most);
        let top = ticks.last().copied().unwrap_or(1.0) * scale;
        let end = self.seconds.max(self.last()).max(0.001);
        let height = f64::from(self.height);
        let x = |at: f64| LEFT + (at / end).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| height - BOTTOM - (value / top).clamp(0.0, 1.0) * (height - TOP - BOTTOM);

        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-text\"><title id=\"{id}-title\">{}</title>\
             <desc id=\"{id}-text\">{}</desc>",
            html(self.title),
            html(&self.description()),
            id = html(&self.id),
        );
        for tick in ticks {
            let at = coordinate(y(tick * scale));
            svg += &format!("<path class=\"grid\" d=\"M{LEFT} {at}H{}\"/>", WIDTH - RIGHT);
            svg += &format!(
                "<text class=\"tick\" x=\"{}\" y=\"{at}\" dy=\"4\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                html(&self.unit.format(tick * scale))
            );
        }
        for tick in time_ticks(end, 9) {
            svg += &format!(
                "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                coordinate(x(tick)),
                height - 8.0,
                clock(tick)
            );
        }
        for series in &self.series {
            svg += &line(series, x, y);
        }
        for (from, to, text) in self.tips {
            let (left, right) = (x(*from), x(*to));
            svg += &format!(
                "<rect class=\"tip\" x=\"{}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                coordinate(left),
                coordinate((right - left).max(0.5)),
                height - TOP - BOTTOM,
                html(text)
            );
        }
        svg += "</svg>";
        Some(Chart { title: self.title, svg, legend: self.series.iter().map(|series| (series.name, series.class)).collect() })
    }

    fn last(&self) -> f64 {
        self.series.iter().flat_map(|series| &series.points).map(|&(at, _)| at).fold(0.0, f64::max)
    }

    /// What somebody who can't see the lines is told.
    fn description(&self) -> String {
        let told = |series: &Series| {
            let values: Vec<f64> = series.points.iter().filter_map(|&(_, value)| value).collect();
            let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if values.is_empty() {
                format!("{}: no values", series.name)
            } else {
                format!("{}: {} to {}", series.name, self.unit.format(lowest), self.unit.format(highest))
            }
        };
        self.series.iter().map(told).collect::<Vec<_>>().join("; ")
    }
}

impl Unit {
    fn format(self, value: f64) -> String {
        match self {
            Self::PerSecond => figures::rate(value),
            Self::Seconds => figures::latency(Some(value)),
            Self::Count => figures::count(value.round() as u64),
            Self::Percent => figures::percent(value),
            Self::Bytes => figures::bytes(value),
        }
    }

    /// What ticks are round numbers of.
    fn scale(self, highest: f64) -> f64 {
        match (self, highest) {
            (Self::Bytes, v) if v >= 1_073_741_824.0 => 1_073_741_824.0,
            (Self::Bytes, v) if v >= 1_048_576.0 => 1_048_576.0,
            (Self::Bytes, v) if v >= 1_024.0 => 1_024.0,
            _ => 1.0,
        }
    }
}

/// The line in as many pieces as gaps leave; a piece of one point is a dot.
fn line(series: &Series, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let class = series.class;
    let mut out = String::new();
    for piece in series.points.split(|(_, value)| !value.is_some_and(f64::is_finite)) {
        let points: Vec<String> =
            piece.iter().filter_map(|&(at, value)| value.map(|value| format!("{} {}", coordinate(x(at)), coordinate(y(value))))).collect();
        match points.as_slice() {
            [] => {}
            [one] => {
                let (cx, cy) = one.split_once(' ').unwrap_or_default();
                out += &format!("<circle class=\"dot {class}\" cx=\"{cx}\" cy=\"{cy}\" r=\"3\"/>");
            }
            _ => out += &format!("<path class=\"line {class}\" d=\"M{}\"/>", points.join("L")),
        }
    }
    out
}

/// `0:05`, `12:30`, `1:02:00`; tenths where the axis is short.
fn clock(seconds: f64) -> String {
    if seconds.fract() > 1e-6 && seconds < 10.0 {
        return format!("{seconds:.1}s");
    }
    let seconds = seconds.round() as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, Option<f64>)>) -> LineChart<'static> {
        let series = vec![Series { name: "p95 <i>", class: "p95", points }];
        LineChart { id: "c1".to_owned(), title: "Response time", seconds: 3.0, unit: Unit::Seconds, height: 180, series, tips: &[] }
    }

    #[test]
    fn a_gap_parts_the_line() {
        let drawn = chart(vec![(0.5, Some(0.01)), (1.0, Some(0.02)), (1.5, None), (2.5, Some(0.015))]).draw().unwrap();
        assert_eq!(drawn.svg.matches("<path class=\"line p95\"").count(), 1);
        assert_eq!(drawn.svg.matches("<circle").count(), 1);
        assert!(drawn.svg.contains("p95 &lt;i&gt;: 10ms to 20ms"));
    }

    #[test]
    fn no_values_are_no_chart() {
        assert!(chart(Vec::new()).draw().is_none());
        assert!(chart(vec![(0.0, None), (1.0, Some(f64::NAN))]).draw().is_none());
    }

    #[test]
    fn nothing_is_drawn_outside_and_nothing_is_not_a_number() {
        let drawn = chart(vec![(0.0, Some(0.0)), (9.0, Some(1e9)), (0.1, Some(1e-9))]).draw().unwrap();
        assert!(!drawn.svg.contains("NaN") && !drawn.svg.contains("inf") && !drawn.svg.contains("\"-"), "{}", drawn.svg);
    }

    #[test]
    fn an_axis_of_few_users_counts_whole_ones() {
        for (users, expected) in [(1.0, ["0", "1", "2"].as_slice()), (3.0, &["0", "2", "4"]), (7.0, &["0", "5", "10"])] {
            let drawn = LineChart { unit: Unit::Count, height: 110, ..chart(vec![(0.5, Some(users)), (1.5, Some(users))]) }.draw().unwrap();
            let ticks = drawn.svg.split("text-anchor=\"end\">").skip(1).map(|rest| rest.split('<').next().unwrap());
            assert_eq!(ticks.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn times_read_like_a_clock() {
        assert_eq!([0.2, 5.0, 75.0, 3_720.0].map(clock), ["0.2s", "5s", "1:15", "1:02:00"]);
    }
}
