//! Numbers as people read them. What isn't there, or isn't a number, is [`NONE`].

use crate::units::{Bytes, Micros, Rate, Share};

/// Stands for a figure that doesn't exist: a percentile without samples.
pub(crate) const NONE: &str = "–";

/// A count with separators: `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what is counted: `1 request`, `2 requests`.
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// Seconds to three significant digits, in the unit that suits: `412ms`.
pub(crate) fn latency(seconds: Option<f64>) -> String {
    match seconds {
        Some(value) if value.is_finite() && value >= 0.0 => {
            let shown = Micros::from_secs_f64(value);
            if shown == Micros::ZERO && value > 0.0 { "<1µs".to_owned() } else { shown.to_string() }
        }
        _ => NONE.to_owned(),
    }
}

/// A rate per second: `12.5/s`, `20,400/s`.
pub(crate) fn rate(value: f64) -> String {
    match value {
        v if !v.is_finite() => NONE.to_owned(),
        v if v >= 999.5 => format!("{}/s", count(v.round() as u64)),
        v => Rate(v).to_string(),
    }
}

/// A share in percent; what is more than nothing is never shown as nothing, and what is less than all never as all.
pub(crate) fn share(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = Share(value).to_string();
    match text.as_str() {
        "0%" if value > 0.0 => "<0.01%".to_owned(),
        "100%" if value < 1.0 => ">99.9%".to_owned(),
        _ => text,
    }
}

/// A size: `12.5 MiB`.
pub(crate) fn bytes(value: f64) -> String {
    if value.is_finite() && value >= 0.0 { Bytes(value.round() as u64).to_string() } else { NONE.to_owned() }
}

/// A change of size over time, with its sign: `+12 KiB/s`.
pub(crate) fn growth(value: f64) -> String {
    if value.is_finite() { format!("{}{}/s", if value < 0.0 { "-" } else { "+" }, bytes(value.abs())) } else { NONE.to_owned() }
}

/// A percentage that is already one: `87%`.
pub(crate) fn percent(value: f64) -> String {
    share(value / 100.0)
}

/// The value of a compared metric (`p95`, `throughput`, `error_rate`) in its own unit.
pub(crate) fn metric(name: &str, value: f64) -> String {
    match name {
        "throughput" => rate(value),
        "error_rate" => share(value),
        _ => latency(Some(value)),
    }
}

/// A change of a metric with its sign: relative (`+4.4%`), of an error rate in points (`+0.5 points`).
pub(crate) fn change(name: &str, value: f64) -> String {
    if value.is_finite() { format!("{}{}", signed(value), change_unit(name)) } else { NONE.to_owned() }
}

/// The two ends of an interval of a change: `-1.2% to +9.8%`.
pub(crate) fn interval(name: &str, ends: (f64, f64)) -> String {
    let unit = change_unit(name);
    if !ends.0.is_finite() || !ends.1.is_finite() {
        return NONE.to_owned();
    }
    if unit == "%" {
        format!("{}% to {}%", signed(ends.0), signed(ends.1))
    } else {
        format!("{} to {}{unit}", signed(ends.0), signed(ends.1))
    }
}

/// A change without direction: `5%`, `0.5 points`.
pub(crate) fn size_of_change(name: &str, value: f64) -> String {
    let text = change(name, value.abs());
    let text = text.trim_start_matches('+');
    match text.split_once(".0") {
        Some((whole, unit)) if !unit.starts_with(|c: char| c.is_ascii_digit()) => format!("{whole}{unit}"),
        _ => text.to_owned(),
    }
}

fn change_unit(name: &str) -> &'static str {
    if name == "error_rate" { " points" } else { "%" }
}

/// Hundredths with a sign; a decimal where it tells something.
fn signed(value: f64) -> String {
    let hundredths = value * 100.0;
    let digits = match hundredths.abs() {
        v if v >= 99.95 => 0,
        v if v >= 0.095 => 1,
        _ => 2,
    };
    let text = format!("{hundredths:+.digits$}");
    if text.trim_start_matches(['+', '-']).chars().all(|c| c == '0' || c == '.') { "0".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (33_612, "33,612"), (1_234_567, "1,234,567"), (100_000, "100,000")]
        {
            assert_eq!(count(value), text);
        }
        assert_eq!(counted(1, "request", "requests"), "1 request");
        assert_eq!(counted(2_000, "request", "requests"), "2,000 requests");
    }

    #[test]
    fn sizes_of_changes_leave_out_a_zero_that_says_nothing() {
        for (metric, value, text) in
            [("p50", 0.05, "5%"), ("p50", -0.0312, "3.1%"), ("error_rate", 0.0005, "0.05 points"), ("error_rate", 0.01, "1 points")]
        {
            assert_eq!(size_of_change(metric, value), text);
        }
    }

    #[test]
    fn latencies_keep_three_digits() {
        assert_eq!(latency(Some(0.0022)), "2.2ms");
        assert_eq!(latency(Some(0.0025)), "2.5ms");
        assert_eq!(latency(Some(0.000_000_4)), "<1µs");
        assert_eq!(latency(None), "–");
        assert_eq!(latency(Some(f64::NAN)), "–");
    }

    #[test]
    fn small_shares_are_not_nothing_and_large_ones_not_all() {
        assert_eq!(share(0.0), "0%");
        assert_eq!(share(0.000_01), "<0.01%");
        assert_eq!(share(0.0123), "1.23%");
        assert_eq!(share(0.999_99), ">99.9%");
        assert_eq!(share(1.0), "100%");
        assert_eq!(percent(187.0), "187%");
    }

    #[test]
    fn rates_and_sizes_read_well() {
        assert_eq!(rate(12.345), "12.3/s");
        assert_eq!(rate(20_400.4), "20,400/s");
        assert_eq!(rate(999.7), "1,000/s");
        assert_eq!(growth(-2048.0), "-2 KiB/s");
        assert_eq!(growth(1_048_576.0), "+1 MiB/s");
        assert_eq!(rate(f64::INFINITY), "–");
    }

    #[test]
    fn changes_have_a_sign_and_a_unit() {
        assert_eq!(change("p95", 0.044), "+4.4%");
        assert_eq!(change("p95", -0.0004), "-0.04%");
        assert_eq!(change("p95", 1.5), "+150%");
        assert_eq!(change("p95", 0.0), "0%");
        assert_eq!(change("error_rate", 0.005), "+0.5 points");
        assert_eq!(interval("p50", (-0.012, 0.098)), "-1.2% to +9.8%");
        assert_eq!(interval("error_rate", (-0.001, 0.02)), "-0.1 to +2.0 points");
        assert_eq!(size_of_change("p50", 0.031), "3.1%");
        assert_eq!(change("p50", f64::INFINITY), "–");
    }
}
