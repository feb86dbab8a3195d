//! `loadline baseline accept`.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::BaselineAcceptArgs;
use super::console;
use super::failure::Failure;
use super::policy::read_waivers;
use super::report::read_record;
use crate::plan::{RegressionFigure, Waiver};
use crate::record::{ContrastVerdict, Record, write_atomically};
use crate::text::{plain, suggest};
use crate::units::{Micros, Rate};

/// The whole run, as an endpoint.
const ALL: &str = "all";
/// So much more than was measured is accepted where nothing is said: runs of the same code differ by that much.
const ROOM: f64 = 0.1;
const HEAD: &str = "\
# Regressions that were accepted: each up to its ceiling, and until its day has passed.
# `loadline baseline accept` adds to this file, and people may edit it; see docs/comparison.md.
waivers:
";

/// Writes a waiver for every regression of a record, or for the one that is named.
pub(super) fn accept(args: &BaselineAcceptArgs) -> Result<(), Failure> {
    let refused = |what: String| Failure::usage(format!("nothing was accepted: {what}"));
    if args.reason.trim().is_empty() {
        return Err(refused("a waiver needs a reason\n  say with `--reason` why the regression is accepted".to_owned()));
    }
    if args.until < Timestamp::now().to_zoned(TimeZone::UTC).date() {
        return Err(refused(format!("{} has passed\n  name a day to come with `--until`", args.until)));
    }
    let record = read_record(&args.record)?;
    let waivers = wanted(args, &record).map_err(refused)?;
    write(&args.waivers, &waivers)?;
    let mut said = String::new();
    for waiver in &waivers {
        let place = if waiver.endpoint == ALL { "the whole run".to_owned() } else { format!("`{}`", plain(&waiver.endpoint)) };
        let (figure, ceiling) = (waiver.figure.name(), waiver.figure.format(waiver.ceiling));
        said += &format!("accepted {figure} of {place} up to {ceiling} until {}\n", waiver.until);
    }
    console::print(&format!("{said}written to {}: commit it with the change that it is for\n", plain(&args.waivers.display().to_string())))
}

/// The waivers that were asked for, or what is wrong with the question.
fn wanted(args: &BaselineAcceptArgs, record: &Record) -> Result<Vec<Waiver>, String> {
    let figure = args.metric.as_deref().map(|name| {
        RegressionFigure::parse(name).map_err(|error| {
            let help = error.help.map(|help| format!("\n  {help}")).unwrap_or_default();
            format!("`--metric {name}`: {}{help}", error.message)
        })
    });
    let figure = figure.transpose()?;
    let names = || std::iter::once(ALL).chain(record.endpoints.iter().map(|endpoint| endpoint.name.as_str()));
    if let Some(name) = args.endpoint.as_deref().filter(|name| !names().any(|known| known == *name)) {
        let help = suggest(name, names())
            .map_or("name one of the record's endpoints, or `all`".to_owned(), |near| format!("did you mean `{}`?", plain(near)));
        return Err(format!("there is no endpoint `{name}` in the record\n  {help}"));
    }
    let waiver = |endpoint: &str, figure: RegressionFigure, ceiling: f64| Waiver {
        scenario: record.scenario.name.clone(),
        endpoint: endpoint.to_owned(),
        figure,
        ceiling,
        until: args.until,
        reason: args.reason.trim().to_owned(),
        by: args.by.clone(),
        is_added: false,
    };
    if let (Some(endpoint), Some(figure), Some(ceiling)) = (&args.endpoint, figure, &args.ceiling) {
        let ceiling = figure
            .value(ceiling)
            .map_err(|error| format!("`--ceiling '{ceiling}'`: {}\n  {}", error.message, error.help.unwrap_or_default()))?;
        return Ok(vec![waiver(endpoint, figure, ceiling)]);
    }
    let found: Vec<Waiver> = record
        .comparison
        .iter()
        .flat_map(|comparison| &comparison.contrasts)
        .filter(|row| row.judged && row.verdict == ContrastVerdict::Regressed)
        .filter(|row| args.endpoint.as_ref().is_none_or(|endpoint| row.scope == *endpoint))
        .filter_map(|row| {
            let of_row = RegressionFigure::parse(&row.metric).ok().filter(|own| figure.is_none_or(|figure| figure == *own))?;
            Some(waiver(&row.scope, of_row, roomy(of_row, row.candidate)))
        })
        .collect();
    if found.is_empty() {
        return Err("the record has no such regression\n  name one with `--endpoint`, `--metric` and `--ceiling`".to_owned());
    }
    Ok(found)
}

/// A ceiling for what was measured, with as many digits as people read. Of an error rate in whole hundredths of a percent, and no
/// more than all.
fn roomy(figure: RegressionFigure, measured: f64) -> f64 {
    let exact = match figure {
        RegressionFigure::Throughput => measured * (1.0 - ROOM),
        // A trifle less, so that what only rounding makes more is no hundredth more.
        RegressionFigure::ErrorRate => return ((measured * (1.0 + ROOM) * 1e4 - 1e-6).ceil() / 1e4).min(1.0),
        RegressionFigure::Percentile(_) => measured * (1.0 + ROOM),
    };
    figure.value(&figure.format(exact)).unwrap_or(exact)
}

/// A ceiling as it is read back: one that was typed may have more digits than people read.
fn written(figure: RegressionFigure, ceiling: f64) -> String {
    match figure {
        RegressionFigure::Throughput => Rate(ceiling).exact(),
        RegressionFigure::Percentile(_) => Micros::from_secs_f64(ceiling).exact(),
        RegressionFigure::ErrorRate => {
            let shown = figure.format(ceiling);
            if figure.value(&shown) == Ok(ceiling) { shown } else { format!("{}%", ceiling * 100.0) }
        }
    }
}

/// Adds waivers to a file, which stays as it is otherwise.
fn write(file: &Path, waivers: &[Waiver]) -> Result<(), Failure> {
    let trouble = |error: &dyn std::error::Error| Failure::trouble(format!("failed to write the waivers: {}", Failure::chain(error)));
    let (before, old) = if file.exists() {
        let text =
            std::fs::read_to_string(file).map_err(|error| Failure::trouble(format!("failed to read {}: {error}", file.display())))?;
        (text, read_waivers(file)?)
    } else {
        (HEAD.to_owned(), Vec::new())
    };
    // Lists may be indented or not: what is read back decides.
    let grown = [2, 0].iter().map(|&indent| with(&before, waivers, indent)).find(|text| {
        Waiver::from_text("waivers", text).is_ok_and(|read| read.len() == old.len() + waivers.len() && read.starts_with(&old))
    });
    match grown {
        Some(text) => write_atomically(file, text.as_bytes()).map_err(|error| trouble(&error)),
        None => Err(Failure::usage(format!(
            "nothing was accepted: {} is written in a way that nothing can be added to\n  put this into its list:\n{}",
            file.display(),
            with("", waivers, 2)
        ))),
    }
}

fn with(before: &str, waivers: &[Waiver], indent: usize) -> String {
    let mut text = before.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for waiver in waivers {
        let mut fields = vec![
            ("scenario", scalar(&waiver.scenario)),
            ("endpoint", scalar(&waiver.endpoint)),
            ("metric", waiver.figure.name()),
            ("ceiling", written(waiver.figure, waiver.ceiling)),
            ("until", waiver.until.to_string()),
            ("reason", scalar(&waiver.reason)),
        ];
        fields.extend(waiver.by.as_ref().map(|by| ("by", scalar(by))));
        for (at, (key, value)) in fields.iter().enumerate() {
            let mark = if at == 0 { "- " } else { "  " };
            text += &format!("{:indent$}{mark}{key}: {value}\n", "");
        }
    }
    text
}

/// A text as YAML: plain where that can only be read one way, else in quotes, as JSON writes it.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " _./-,()".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '/') && text.chars().all(plain) && !text.ends_with(' ');
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{BaselineCommand, Cli, Command};
    use clap::Parser;
    use proptest::prelude::*;

    fn waiver(endpoint: &str, reason: &str) -> Waiver {
        Waiver {
            scenario: "shop".to_owned(),
            endpoint: endpoint.to_owned(),
            figure: RegressionFigure::Percentile(95.0),
            ceiling: 0.45,
            until: jiff::civil::date(2026, 12, 31),
            reason: reason.to_owned(),
            by: Some("Ada".to_owned()),
            is_added: false,
        }
    }

    #[test]
    fn a_waiver_is_written_for_people_and_added_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".loadline/waivers.yml");
        write(&file, &[waiver("POST /orders", "the new fraud check, #12")]).unwrap();
        let expected = format!(
            "{HEAD}  - scenario: shop\n    endpoint: POST /orders\n    metric: p95\n    ceiling: 450ms\n    until: 2026-12-31\n    \
             reason: \"the new fraud check, #12\"\n    by: Ada\n"
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
        // By hand, without indentation, with a remark, without a line end.
        std::fs::write(&file, "waivers:\n- {scenario: a, endpoint: all, metric: p50, ceiling: 1s, until: 2026-12-31, reason: x} # mine")
            .unwrap();
        write(&file, &[waiver("all", "why")]).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("# mine\n- scenario: shop\n  endpoint: all\n"), "{text}");
        assert_eq!(Waiver::read(&file).unwrap().len(), 2);
    }

    #[test]
    fn what_is_written_of_a_ceiling_covers_what_was_measured() {
        let folder = tempfile::tempdir().unwrap();
        for (at, measured) in [1.0, 0.95, 0.3, 0.004, 0.000_13, 0.000_04].into_iter().enumerate() {
            let file = folder.path().join(format!("{at}.yml"));
            let figure = RegressionFigure::ErrorRate;
            write(&file, &[Waiver { figure, ceiling: roomy(figure, measured), ..waiver("all", "why") }]).unwrap();
            let ceiling = Waiver::read(&file).unwrap()[0].ceiling;
            assert!((measured..=1.0).contains(&ceiling), "{measured}: {ceiling}");
        }
    }

    #[test]
    fn a_ceiling_is_written_as_it_was_typed_and_a_measured_one_as_it_is_read() {
        let cases = [
            (RegressionFigure::Percentile(95.0), "1234ms"),
            (RegressionFigure::Throughput, "7/min"),
            (RegressionFigure::ErrorRate, "0.125%"),
        ];
        for (figure, typed) in cases {
            let ceiling = figure.value(typed).unwrap();
            assert_eq!(figure.value(&written(figure, ceiling)), Ok(ceiling), "{typed}");
        }
        let p95 = RegressionFigure::Percentile(95.0);
        assert_eq!(written(p95, p95.value("1234ms").unwrap()), "1.234s");
        assert_eq!(written(p95, roomy(p95, 0.123_456)), "136ms");
    }

    #[test]
    fn a_file_that_nothing_can_be_added_to_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("waivers.yml");
        std::fs::write(&file, "waivers: []\n").unwrap();
        assert!(write(&file, &[waiver("all", "why")]).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "waivers: []\n");
    }

    #[test]
    fn a_name_of_the_record_cannot_move_the_cursor() {
        let typed = ["loadline", "baseline", "accept", "--reason", "x", "--until", "2099-12-31", "--endpoint", "GET /"];
        let Command::Baseline(BaselineCommand::Accept(args)) = Cli::parse_from(typed).command else { panic!("accepts nothing") };
        let mut record = crate::record::fixture::sketch("r", 0).record();
        record.endpoints[0].name = "GET /\u{1b}[2J".to_owned();
        let expected = "there is no endpoint `GET /` in the record\n  did you mean `GET /\\u{1b}[2J`?";
        assert_eq!(wanted(&args, &record), Err(expected.to_owned()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(endpoint in ".{1,40}", reason in "[ -~äß#:'\"{}\\[\\]|>&*!%@`-]{1,40}") {
            prop_assume!(!endpoint.trim().is_empty() && !reason.trim().is_empty());
            let written = waiver(endpoint.trim(), reason.trim());
            let read = Waiver::from_text("waivers.yml", &with(HEAD, std::slice::from_ref(&written), 2));
            prop_assert_eq!(read, Ok(vec![written]));
        }
    }
}
