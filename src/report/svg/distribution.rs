//! How response times are spread.

use super::coordinate;
use super::scale::log_ticks;
use crate::metrics::Histogram;
use crate::report::escape::html;
use crate::report::figures;
use crate::units::Micros;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 150.0;
const SIDE: f64 = 14.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 26.0;
/// Bars across the width.
const BARS: usize = 80;

/// A histogram over a logarithmic time axis with marks at p50, p95 and p99; none without samples.
pub(crate) fn distribution(id: &str, title: &str, latencies: &Histogram) -> Option<String> {
    let (shortest, longest) = (latencies.min()?.as_secs_f64(), latencies.max()?.as_secs_f64());
    // A little room at both ends; a single value still gets an axis.
    let from = (shortest * 0.9).max(0.000_000_5);
    let to = (longest * 1.1).max(from * 2.0);
    let span = (to / from).ln();
    let x = |seconds: f64| SIDE + ((seconds / from).ln() / span).clamp(0.0, 1.0) * (WIDTH - 2.0 * SIDE);

    let mut bars = [0u64; BARS];
    for (time, count) in latencies.buckets() {
        let share = (time.as_secs_f64().max(from) / from).ln() / span;
        bars[((share * BARS as f64) as usize).min(BARS - 1)] += count;
    }
    let highest = bars.iter().copied().max().unwrap_or(1).max(1);
    let all = latencies.count();
    let marks = [("p50", 50.0), ("p95", 95.0), ("p99", 99.0)]
        .map(|(name, percent)| (name, latencies.percentile(percent).map_or(0.0, Micros::as_secs_f64)));
    let told = marks.map(|(name, at)| format!("{name} {}", figures::latency(Some(at)))).join(", ");
    let id = html(id);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-title {id}-text\"><title id=\"{id}-title\">{}</title>\
         <desc id=\"{id}-text\">{}</desc>",
        html(title),
        html(&format!("{} from {} to {}; {told}", figures::counted(all, "request", "requests"), time(shortest), time(longest)))
    );
    let width = (WIDTH - 2.0 * SIDE) / BARS as f64;
    let floor = HEIGHT - BOTTOM;
    for (at, &count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (count as f64 / highest as f64 * (floor - TOP)).max(1.0);
        let begin = from * (span * at as f64 / BARS as f64).exp();
        let end = from * (span * (at + 1) as f64 / BARS as f64).exp();
        svg += &format!(
            "<rect class=\"bar\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            coordinate(SIDE + at as f64 * width),
            coordinate(floor - height),
            coordinate(width - 1.0),
            coordinate(height),
            html(&format!("{} to {}: {} ({})", time(begin), time(end), figures::count(count), figures::share(count as f64 / all as f64)))
        );
    }
    svg += &format!("<path class=\"axis\" d=\"M{SIDE} {floor}H{}\"/>", WIDTH - SIDE);
    for tick in log_ticks(from, to, 12) {
        svg += &format!(
            "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            coordinate(x(tick)),
            HEIGHT - 8.0,
            html(&time(tick))
        );
    }
    for (row, (name, at)) in marks.into_iter().enumerate() {
        // Each mark has a line of its own for its label, so that close ones don't cover each other.
        let (at_x, label_y) = (x(at), 12.0 + 13.0 * row as f64);
        let (anchor, shift) = if at_x > WIDTH * 0.85 { ("end", -4.0) } else { ("start", 4.0) };
        svg += &format!(
            "<path class=\"line {name}\" d=\"M{0} {1}V{floor}\"/><text class=\"mark\" x=\"{2}\" y=\"{3}\" text-anchor=\"{anchor}\">{name} {4}</text>",
            coordinate(at_x),
            coordinate(label_y - 9.0),
            coordinate(at_x + shift),
            coordinate(label_y),
            html(&time(at))
        );
    }
    svg += "</svg>";
    Some(svg)
}

fn time(seconds: f64) -> String {
    figures::latency(Some(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_a_bar_and_the_marks_are_named() {
        let mut latencies = Histogram::new(3);
        for at in 1..=1_000 {
            latencies.record(Micros(at * 10));
        }
        let svg = distribution("d", "GET /<b>", &latencies).unwrap();
        assert!(svg.contains("GET /&lt;b&gt;") && !svg.contains("<b>"));
        assert!(svg.contains("1,000 requests from 10µs to 10ms; p50 5ms, p95 9.5ms, p99 9.9ms"), "{svg}");
        assert_eq!(svg.matches("class=\"mark\"").count(), 3);
    }

    #[test]
    fn one_sample_is_drawn_and_none_is_not() {
        let mut latencies = Histogram::new(3);
        assert!(distribution("d", "x", &latencies).is_none());
        latencies.record(Micros(1));
        let svg = distribution("d", "x", &latencies).unwrap();
        assert!(svg.contains("class=\"bar\"") && !svg.contains("NaN"), "{svg}");
    }
}
