//! What a value must be.

use std::cmp::Ordering;

use regex::Regex;
use serde_json::Value as Json;

use super::actual::Actual;
use super::complaint::{Complaint, bounded_text, shown};
use super::operand::{Operand, whole};
use crate::plan::capture::regex;
use crate::plan::scope::Scope;
use crate::plan::source_error::SourceError;
use crate::plan::template::{Compiler, NameUse, ValueTemplate};
use crate::text::suggest;

/// What a header, a body or a part of it must be: all of its tests hold. A value that isn't there passes only
/// `exists: false`; `null` is a value.
#[derive(Debug)]
pub struct Predicate {
    tests: Vec<Test>,
}

#[derive(Debug)]
enum Test {
    Equal(Operand),
    In(Operand),
    Not(Box<Predicate>),
    Min(Operand),
    Max(Operand),
    MinLength(Operand),
    MaxLength(Operand),
    Contains(Operand),
    Matches(Regex),
    Exists(bool),
    Type(Vec<&'static str>),
}

const KEYS: [&str; 10] = ["in", "not", "min", "max", "min_length", "max_length", "contains", "matches", "exists", "type"];
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "list", "mapping", "null"];

impl Predicate {
    /// Compiles a literal (equal), or a mapping of `in not min max min_length max_length contains matches exists type`.
    ///
    /// Values may be templates, but for `matches`, `exists` and `type`.
    pub fn compile(compiler: &Compiler, source: &Json) -> Result<Self, SourceError> {
        let Json::Object(entries) = source else {
            return Ok(Self { tests: vec![Test::Equal(Operand::compile(compiler, source)?)] });
        };
        if entries.is_empty() {
            return Err(SourceError::new("an empty mapping checks nothing").help(format!("it takes {}", KEYS.join(", "))));
        }
        let tests = entries.iter().map(|(key, value)| {
            Test::compile(compiler, key, value).map_err(|error| error.within(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))))
        });
        Ok(Self { tests: tests.collect::<Result<_, _>>()? })
    }

    /// The variables it uses.
    pub fn names(&self) -> Vec<NameUse> {
        self.uses(ValueTemplate::names)
    }

    /// The names of `env` it uses.
    pub fn env_names(&self) -> Vec<NameUse> {
        self.uses(ValueTemplate::env_names)
    }

    /// What it asks of `subject`, for reports: `$.stock == 0`, `$.a >= 1 and $.a <= 5`.
    pub(super) fn name(&self, subject: &str) -> String {
        self.tests.iter().map(|test| test.name(subject)).collect::<Vec<_>>().join(" and ")
    }

    /// Whether the value passes; else what was expected, and what came where that isn't the value itself.
    pub(super) fn test(&self, actual: &Actual<'_>, scope: &Scope) -> Result<(), Complaint> {
        self.tests.iter().try_for_each(|test| test.test(actual, scope))
    }

    fn uses<'a>(&'a self, of: fn(&'a ValueTemplate) -> &'a [NameUse]) -> Vec<NameUse> {
        let mut found = Vec::new();
        for test in &self.tests {
            match test {
                Test::Not(inner) => found.extend(inner.uses(of).into_iter().map(|name| below("/not", name))),
                test => {
                    let key = test.key().map_or_else(String::new, |key| format!("/{key}"));
                    found.extend(
                        test.operand().into_iter().flat_map(|operand| of(operand.template())).cloned().map(|name| below(&key, name)),
                    );
                }
            }
        }
        found
    }
}

impl Test {
    fn compile(compiler: &Compiler, key: &str, source: &Json) -> Result<Self, SourceError> {
        let operand = |accepts: fn(&Json) -> bool, what: &str| {
            let operand = Operand::compile(compiler, source)?;
            match operand.constant() {
                Some(value) if !accepts(value) => Err(SourceError::new(format!("`{key}` takes {what}, not {}", shown(value)))),
                _ => Ok(operand),
            }
        };
        let bound = |value: &Json| value.is_number() || value.is_string();
        let length = |value: &Json| whole(value).is_some();
        Ok(match key {
            "in" => Self::In(operand(Json::is_array, "a list")?),
            "not" => Self::Not(Box::new(Predicate::compile(compiler, source)?)),
            "min" => Self::Min(operand(bound, "a number")?),
            "max" => Self::Max(operand(bound, "a number")?),
            "min_length" => Self::MinLength(operand(length, "a whole number")?),
            "max_length" => Self::MaxLength(operand(length, "a whole number")?),
            "contains" => Self::Contains(operand(|value| !value.is_null() && !value.is_object(), "a value or a list of them")?),
            "matches" => match source {
                Json::String(pattern) => Self::Matches(regex(pattern)?),
                other => return Err(SourceError::new(format!("`matches` takes a regular expression, not {}", shown(other)))),
            },
            "exists" => match source {
                Json::Bool(exists) => Self::Exists(*exists),
                other => return Err(SourceError::new(format!("`exists` takes true or false, not {}", shown(other)))),
            },
            "type" => Self::Type(types(source)?),
            _ => return Err(unknown(key)),
        })
    }

    fn test(&self, actual: &Actual<'_>, scope: &Scope) -> Result<(), Complaint> {
        let missing = matches!(actual, Actual::Missing);
        let holds = match self {
            Self::Exists(exists) => *exists != missing,
            _ if missing => false,
            Self::Equal(operand) => actual.equals(&*operand.value(scope)?),
            Self::In(operand) => operand.value(scope)?.as_array().is_some_and(|items| items.iter().any(|item| actual.equals(item))),
            Self::Not(inner) => match inner.test(actual, scope) {
                // A value that can't be computed fails both the predicate and its opposite.
                Err(Complaint::Failed(error)) => return Err(Complaint::Failed(error)),
                result => result.is_err(),
            },
            Self::Min(operand) => actual.order(&*operand.value(scope)?).is_some_and(Ordering::is_ge),
            Self::Max(operand) => actual.order(&*operand.value(scope)?).is_some_and(Ordering::is_le),
            Self::MinLength(operand) => bounded(actual, &*operand.value(scope)?, |length, bound| length >= bound),
            Self::MaxLength(operand) => bounded(actual, &*operand.value(scope)?, |length, bound| length <= bound),
            Self::Contains(operand) => actual.contains(&*operand.value(scope)?),
            Self::Matches(regex) => actual.text().is_some_and(|text| regex.is_match(text)),
            Self::Type(types) => {
                let actual = actual.type_name();
                types.iter().any(|name| *name == actual || (*name == "number" && actual == "integer"))
            }
        };
        if holds {
            return Ok(());
        }
        let got = match (self, actual.length()) {
            (Self::MinLength(_) | Self::MaxLength(_), Some(length)) => Some(format!("a length of {length}")),
            (Self::Type(_), _) => Some(actual.type_name().to_owned()),
            _ => None,
        };
        Err(Complaint::Unmet { expected: self.expected(scope), got })
    }

    /// What a message says was expected.
    fn expected(&self, scope: &Scope) -> String {
        let value = |operand: &Operand| operand.value(scope).map_or_else(|_| operand.written(), |value| shown(&value));
        match self {
            Self::Equal(operand) => value(operand),
            Self::In(operand) => format!("one of {}", value(operand)),
            Self::Not(inner) => format!("not {}", inner.tests.iter().map(|test| test.expected(scope)).collect::<Vec<_>>().join(" and ")),
            Self::Min(operand) => format!("at least {}", value(operand)),
            Self::Max(operand) => format!("at most {}", value(operand)),
            Self::MinLength(operand) => format!("a length of at least {}", value(operand)),
            Self::MaxLength(operand) => format!("a length of at most {}", value(operand)),
            Self::Contains(operand) => format!("to contain {}", value(operand)),
            Self::Matches(regex) => format!("to match `{}`", bounded_text(regex.as_str())),
            Self::Exists(true) => "a value".to_owned(),
            Self::Exists(false) => "nothing".to_owned(),
            Self::Type(types) => format!("type {}", types.join(" or ")),
        }
    }

    fn name(&self, subject: &str) -> String {
        let written = Operand::written;
        match self {
            Self::Equal(operand) => format!("{subject} == {}", written(operand)),
            Self::In(operand) => format!("{subject} in {}", written(operand)),
            Self::Not(inner) => match inner.tests.as_slice() {
                [Self::Equal(operand)] => format!("{subject} != {}", written(operand)),
                _ => format!("not ({})", inner.name(subject)),
            },
            Self::Min(operand) => format!("{subject} >= {}", written(operand)),
            Self::Max(operand) => format!("{subject} <= {}", written(operand)),
            Self::MinLength(operand) => format!("length of {subject} >= {}", written(operand)),
            Self::MaxLength(operand) => format!("length of {subject} <= {}", written(operand)),
            Self::Contains(operand) => format!("{subject} contains {}", written(operand)),
            Self::Matches(regex) => format!("{subject} matches `{}`", bounded_text(regex.as_str())),
            Self::Exists(true) => format!("{subject} exists"),
            Self::Exists(false) => format!("{subject} does not exist"),
            Self::Type(types) => format!("{subject} is of type {}", types.join(" or ")),
        }
    }

    fn operand(&self) -> Option<&Operand> {
        match self {
            Self::Equal(operand) | Self::In(operand) | Self::Min(operand) | Self::Max(operand) => Some(operand),
            Self::MinLength(operand) | Self::MaxLength(operand) | Self::Contains(operand) => Some(operand),
            Self::Not(_) | Self::Matches(_) | Self::Exists(_) | Self::Type(_) => None,
        }
    }

    fn key(&self) -> Option<&'static str> {
        Some(match self {
            Self::Equal(_) => return None,
            Self::In(_) => "in",
            Self::Not(_) => "not",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::MinLength(_) => "min_length",
            Self::MaxLength(_) => "max_length",
            Self::Contains(_) => "contains",
            Self::Matches(_) => "matches",
            Self::Exists(_) => "exists",
            Self::Type(_) => "type",
        })
    }
}

fn bounded(actual: &Actual<'_>, bound: &Json, holds: fn(u64, u64) -> bool) -> bool {
    match (actual.length(), whole(bound)) {
        (Some(length), Some(bound)) => holds(length as u64, bound),
        _ => false,
    }
}

fn types(source: &Json) -> Result<Vec<&'static str>, SourceError> {
    let named = |item: &Json| {
        let name = match item {
            Json::String(name) => name.as_str(),
            Json::Null => "null",
            _ => "",
        };
        let name = match name {
            "array" => "list",
            "object" => "mapping",
            "bool" => "boolean",
            "int" => "integer",
            name => name,
        };
        TYPES.iter().find(|known| **known == name).copied().ok_or_else(|| {
            let error = SourceError::new(format!("{} is no type", shown(item)));
            error.help(suggest(name, TYPES).map_or_else(|| format!("use {}", TYPES.join(", ")), |near| format!("did you mean `{near}`?")))
        })
    };
    match source {
        Json::Array(items) if !items.is_empty() => items.iter().map(named).collect(),
        single => Ok(vec![named(single)?]),
    }
}

fn unknown(key: &str) -> SourceError {
    let help = match key {
        "equals" | "equal" | "eq" | "is" | "==" => "write the value itself".to_owned(),
        "gt" | "gte" | "ge" | ">" | ">=" | "minimum" => "use `min`, which includes its bound".to_owned(),
        "lt" | "lte" | "le" | "<" | "<=" | "maximum" => "use `max`, which includes its bound".to_owned(),
        "length" | "size" => "use `min_length` and `max_length`".to_owned(),
        _ => suggest(key, KEYS).map_or_else(|| format!("it takes {}", KEYS.join(", ")), |near| format!("did you mean `{near}`?")),
    };
    SourceError::new(format!("unknown predicate `{key}`")).help(help)
}

fn below(pointer: &str, mut name: NameUse) -> NameUse {
    name.pointer.insert_str(0, pointer);
    name
}
