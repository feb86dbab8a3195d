//! `loadline report`.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use super::args::{FormatArg, ReportArgs};
use super::console;
use super::destination::csv_file;
use super::failure::Failure;
use crate::record::{ReadError, Record, write_atomically};
use crate::report::{self, Annotation, CommentOptions, TerminalOptions};

/// Renders stored records again.
pub(super) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let records: Vec<Record> = args.records.iter().map(|path| read_record(path)).collect::<Result<_, _>>()?;
    let text = match args.format {
        FormatArg::Terminal => {
            let style = if args.output.is_some() { report::Style::Plain } else { console::style() };
            report::terminal(&records, &TerminalOptions { width: console::width(), style, quiet: false, report: None })
        }
        FormatArg::Comment => report::markdown_comment(&records, &CommentOptions::default()),
        FormatArg::Summary => report::job_summary(&records),
        FormatArg::Html => report::html(&records),
        FormatArg::Json => one(&records, "json")?.to_json(),
        FormatArg::Junit => report::junit(&records),
        FormatArg::Annotations => report::annotation_commands(&Annotation::of(&records)),
        FormatArg::Csv => return csv(one(&records, "csv")?, args),
        FormatArg::Folder => return folder(&records, args),
    };
    match &args.output {
        Some(path) => write(path, text.as_bytes())?,
        None => console::print(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a record that somebody names.
pub(super) fn read_record(path: &Path) -> Result<Record, Failure> {
    let is_missing = |error: &ReadError| matches!(error, ReadError::Io { source, .. } if source.kind() == ErrorKind::NotFound);
    Record::read(path).map_err(|error| {
        let advice = if is_missing(&error) { "\n  name a `record.json`: `loadline run` leaves one in its report folder" } else { "" };
        Failure::usage(format!("failed to read the record: {}{advice}", Failure::chain(&error)))
    })
}

fn one<'a>(records: &'a [Record], format: &str) -> Result<&'a Record, Failure> {
    match records {
        [record] => Ok(record),
        _ => Err(Failure::usage(format!("`--format {format}` takes one record\n  name one, or choose another format"))),
    }
}

fn csv(record: &Record, args: &ReportArgs) -> Result<ExitCode, Failure> {
    let Some(prefix) = &args.output else {
        return Err(Failure::usage("`--format csv` makes four files\n  say what their names begin with: `--output results/load`"));
    };
    for (suffix, content) in report::locust_csv(record) {
        write(&csv_file(prefix, suffix), content.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn folder(records: &[Record], args: &ReportArgs) -> Result<ExitCode, Failure> {
    let Some(folder) = &args.output else {
        return Err(Failure::usage("`--format folder` makes several files\n  say where: `--output loadline-report`"));
    };
    for (name, content) in report::folder(records, &CommentOptions::default()) {
        write(&folder.join(name), &content)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    write_atomically(path, content).map_err(|error| Failure::trouble(format!("failed to write {}", Failure::chain(&error))))
}
