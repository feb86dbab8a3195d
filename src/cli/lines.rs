//! Options that can be given again for more, and have one value a line in their variable.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Command, Error};

/// What one use of an option gives: the value that was typed, or all values of its variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines<T>(Vec<T>);

/// All values of an option.
pub(super) fn all<T>(given: &[Lines<T>]) -> impl Iterator<Item = &T> {
    given.iter().flat_map(|lines| &lines.0)
}

/// Reads each value with a function. What is typed is one value, whatever is in it: a shell's `"$(cat key.pem)"` has many
/// lines. In a variable each line is one; empty ones, such as YAML's `|` leaves at the end, are none.
///
/// No error shows a value: any may be a secret.
#[derive(Debug, Clone)]
pub(super) struct EachLine<T>(pub(super) fn(&OsStr) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for EachLine<T> {
    type Value = Lines<T>;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, Error> {
        self.parse_ref_(command, arg, value, ValueSource::CommandLine)
    }

    fn parse_ref_(&self, command: &Command, arg: Option<&Arg>, value: &OsStr, source: ValueSource) -> Result<Self::Value, Error> {
        let wrong = |place: String, why: String| {
            let option = arg.map(|arg| format!(" for '{arg}'")).unwrap_or_default();
            Error::raw(ErrorKind::ValueValidation, format!("invalid value{option}{place}: {why}\n")).with_cmd(command)
        };
        let Some(text) = value.to_str().filter(|_| source == ValueSource::EnvVariable) else {
            return (self.0)(value).map(|value| Lines(vec![value])).map_err(|why| wrong(String::new(), why));
        };
        let variable = arg.and_then(Arg::get_env).map(|name| name.to_string_lossy()).unwrap_or_default();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let values = lines.map(|(number, line)| {
            (self.0)(OsStr::new(line.trim_start())).map_err(|why| wrong(format!(" in line {} of {variable}", number + 1), why))
        });
        values.collect::<Result<_, _>>().map(Lines)
    }
}

/// Takes any text.
pub(super) fn text(value: &OsStr) -> Result<String, String> {
    value.to_str().map(str::to_owned).ok_or_else(|| "write it in UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &str, source: ValueSource) -> Result<Vec<String>, String> {
        let short = |value: &OsStr| text(value).and_then(|text| if text.len() < 9 { Ok(text) } else { Err("make it short".to_owned()) });
        let arg = Arg::new("name").long("name").num_args(1).env("LOADLINE_NAME");
        let parsed = EachLine(short).parse_ref_(&Command::new("test"), Some(&arg), OsStr::new(value), source);
        parsed.map(|lines| all(&[lines]).cloned().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_a_variable_has_one_value_a_line() {
        assert_eq!(parsed("a\nb\n", ValueSource::CommandLine), Ok(vec!["a\nb\n".to_owned()]));
        assert_eq!(parsed("", ValueSource::CommandLine), Ok(vec![String::new()]));
        assert_eq!(parsed("a\r\n\n  b: c \n \n", ValueSource::EnvVariable), Ok(vec!["a".to_owned(), "b: c ".to_owned()]));
        assert_eq!(parsed("\n", ValueSource::EnvVariable), Ok(vec![]));
    }

    #[test]
    fn an_error_names_the_place_and_not_the_value() {
        let typed = parsed("s3cret-value", ValueSource::CommandLine).unwrap_err();
        assert!(typed.starts_with("error: invalid value for '--name <name>': make it short\n"), "{typed}");
        let line = parsed("ok\ns3cret-value\n", ValueSource::EnvVariable).unwrap_err();
        assert!(line.starts_with("error: invalid value for '--name <name>' in line 2 of LOADLINE_NAME: make it short\n"), "{line}");
        assert!(!typed.contains("s3cret") && !line.contains("s3cret"), "{typed}{line}");
    }
}
