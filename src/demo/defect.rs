//! What can be wrong with the demo on purpose, as it is written on the command line.

use std::fmt;
use std::str::FromStr;

use super::stall::Stall;
use crate::units::{Bytes, Micros, Share, UnitError};

/// One defect that the demo can be started with.
///
/// Parses `NAME` or `NAME=VALUE`: `oversell`, `slow=5%`, `delay=5ms`, `tail=5%`, `errors=2%`, `leak=1MiB/s`,
/// `stall=200ms/5s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Defect {
    /// The stock is read and lowered with a gap between, so that orders at the same instant sell what is not there.
    Oversell,
    /// The loop of CPU work is longer by this share.
    Slow(Share),
    /// Every answer waits this long, without using the CPU.
    Delay(Micros),
    /// This share of the requests takes twice the work and twice the delay.
    Tail(Share),
    /// This share of the requests is answered 500, and changes nothing.
    Errors(Share),
    /// This much memory a second is taken, written to, and never given back.
    Leak(Bytes),
    /// Every so often nothing is answered for a while.
    Stall(Stall),
}

/// Says why a text is no defect, or why defects do not go together; reads well after "failed to read the defects:".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DefectError {
    /// No defect has that name.
    #[error("`{name}` is not a defect{}: there are {}", suggestion(name), forms())]
    Unknown {
        /// The name as it was written.
        name: String,
    },
    /// The defect needs a value and got none, or the reverse.
    #[error("`{text}` is not complete or has too much; write it as `{form}`")]
    Form {
        /// The defect as it was written.
        text: String,
        /// A right way to write it.
        form: &'static str,
    },
    /// The value is not of the kind that the defect takes.
    #[error("the value of `{text}` is wrong: {source}; write it as `{form}`")]
    Value {
        /// The defect as it was written.
        text: String,
        /// A right way to write it.
        form: &'static str,
        /// What is wrong with the value.
        source: UnitError,
    },
    /// The value can be read, and makes no sense.
    #[error("`{text}` is out of range: {range}")]
    Range {
        /// The defect as it was written.
        text: String,
        /// What the value has to be.
        range: &'static str,
    },
    /// The same defect was given more than once.
    #[error("`{name}` is given twice")]
    Twice {
        /// The defect's name.
        name: &'static str,
    },
}

/// The defects a demo runs with, each at most once.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Defects {
    pub(super) oversell: bool,
    pub(super) slow: Share,
    pub(super) delay: Micros,
    pub(super) tail: Share,
    pub(super) errors: Share,
    pub(super) leak: Bytes,
    pub(super) stall: Option<Stall>,
}

impl Defects {
    /// Puts defects together; [`DefectError::Twice`] where one of them is named more than once.
    pub fn new(defects: impl IntoIterator<Item = Defect>) -> Result<Self, DefectError> {
        let (mut all, mut seen) = (Self::default(), Vec::new());
        for defect in defects {
            let name = defect.name();
            if seen.contains(&name) {
                return Err(DefectError::Twice { name });
            }
            seen.push(name);
            match defect {
                Defect::Oversell => all.oversell = true,
                Defect::Slow(share) => all.slow = share,
                Defect::Delay(delay) => all.delay = delay,
                Defect::Tail(share) => all.tail = share,
                Defect::Errors(share) => all.errors = share,
                Defect::Leak(bytes) => all.leak = bytes,
                Defect::Stall(stall) => all.stall = Some(stall),
            }
        }
        Ok(all)
    }
}

impl Defect {
    /// The name in front of the `=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oversell => "oversell",
            Self::Slow(_) => "slow",
            Self::Delay(_) => "delay",
            Self::Tail(_) => "tail",
            Self::Errors(_) => "errors",
            Self::Leak(_) => "leak",
            Self::Stall(_) => "stall",
        }
    }
}

impl FromStr for Defect {
    type Err = DefectError;

    fn from_str(text: &str) -> Result<Self, DefectError> {
        let text = text.trim();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text, None),
        };
        let Some(&(_, form)) = FORMS.iter().find(|(known, _)| *known == name) else {
            return Err(DefectError::Unknown { name: name.to_owned() });
        };
        let incomplete = || DefectError::Form { text: text.to_owned(), form };
        let value = match (name, value) {
            ("oversell", None) => return Ok(Self::Oversell),
            ("oversell", Some(_)) | (_, None | Some("")) => return Err(incomplete()),
            (_, Some(value)) => value,
        };
        let wrong = |source| DefectError::Value { text: text.to_owned(), form, source };
        let within = |right: bool, range| if right { Ok(()) } else { Err(DefectError::Range { text: text.to_owned(), range }) };
        match name {
            "slow" => {
                let share = Share::parse(value).map_err(wrong)?;
                within(share.0 > 0.0 && share.0 <= 100.0, "the share has to be above 0 and at most 10000%")?;
                Ok(Self::Slow(share))
            }
            "tail" | "errors" => {
                let share = Share::parse(value).map_err(wrong)?;
                within(share.0 >= 1e-6 && share.0 <= 1.0, "the share has to be from 0.0001% to 100%")?;
                Ok(if name == "tail" { Self::Tail(share) } else { Self::Errors(share) })
            }
            "delay" => {
                let delay = Micros::parse(value).map_err(wrong)?;
                within(delay > Micros::ZERO && delay <= Micros::from_secs(60), "the delay has to be above 0 and at most 60s")?;
                Ok(Self::Delay(delay))
            }
            "leak" => {
                let amount = Bytes::parse(value.strip_suffix("/s").ok_or_else(incomplete)?).map_err(wrong)?;
                within(amount.0 > 0 && amount.0 <= 1 << 30, "the amount has to be above 0 and at most 1GiB/s")?;
                Ok(Self::Leak(amount))
            }
            _ => {
                let (length, every) = value.split_once('/').ok_or_else(incomplete)?;
                let stall = Stall { length: Micros::parse(length).map_err(wrong)?, every: Micros::parse(every).map_err(wrong)? };
                within(stall.length > Micros::ZERO && stall.length < stall.every, "the stall has to be shorter than its period")?;
                Ok(Self::Stall(stall))
            }
        }
    }
}

impl fmt::Display for Defect {
    /// The form that is parsed, with quantities rounded as people read them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Oversell => f.write_str(name),
            Self::Slow(share) | Self::Tail(share) | Self::Errors(share) => write!(f, "{name}={share}"),
            Self::Delay(delay) => write!(f, "{name}={delay}"),
            Self::Leak(amount) => write!(f, "{name}={}/s", amount.to_string().replace(' ', "")),
            Self::Stall(stall) => write!(f, "{name}={}/{}", stall.length, stall.every),
        }
    }
}

/// Every defect's name, and how it is written.
const FORMS: [(&str, &str); 7] = [
    ("oversell", "oversell"),
    ("slow", "slow=5%"),
    ("delay", "delay=5ms"),
    ("tail", "tail=5%"),
    ("errors", "errors=2%"),
    ("leak", "leak=1MiB/s"),
    ("stall", "stall=200ms/5s"),
];

fn forms() -> String {
    FORMS.map(|(_, form)| format!("`{form}`")).join(", ")
}

fn suggestion(name: &str) -> String {
    FORMS
        .iter()
        .map(|(known, _)| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, _)| distance <= 2)
        .min()
        .map_or_else(String::new, |(_, known)| format!(" (did you mean `{known}`?)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_the_list_is_read_and_printed_again() {
        for (name, form) in FORMS {
            let defect: Defect = form.parse().unwrap();
            assert_eq!((defect.name(), defect.to_string().as_str()), (name, form));
        }
        let stall = Stall { length: Micros::from_millis(200), every: Micros::from_secs(5) };
        assert_eq!("stall=200ms/5s".parse(), Ok(Defect::Stall(stall)));
        assert_eq!(" slow = 0.05 ".parse(), Ok(Defect::Slow(Share(0.05))));
        assert_eq!("leak=1MiB/s".parse(), Ok(Defect::Leak(Bytes(1 << 20))));
    }

    #[test]
    fn what_is_wrong_is_said_with_a_right_way_to_write_it() {
        let message = |text: &str| text.parse::<Defect>().unwrap_err().to_string();
        insta::assert_snapshot!(message("overcell"), @"`overcell` is not a defect (did you mean `oversell`?): there are `oversell`, `slow=5%`, `delay=5ms`, `tail=5%`, `errors=2%`, `leak=1MiB/s`, `stall=200ms/5s`");
        insta::assert_snapshot!(message("slow"), @"`slow` is not complete or has too much; write it as `slow=5%`");
        insta::assert_snapshot!(message("oversell=5"), @"`oversell=5` is not complete or has too much; write it as `oversell`");
        insta::assert_snapshot!(message("delay=soon"), @"the value of `delay=soon` is wrong: `soon` is not a duration such as `500ms`, `1.5s`, `2m` or `1h`; write it as `delay=5ms`");
        insta::assert_snapshot!(message("errors=200%"), @"`errors=200%` is out of range: the share has to be from 0.0001% to 100%");
        insta::assert_snapshot!(message("stall=5s/200ms"), @"`stall=5s/200ms` is out of range: the stall has to be shorter than its period");
        insta::assert_snapshot!(message("leak=1MiB"), @"`leak=1MiB` is not complete or has too much; write it as `leak=1MiB/s`");
    }

    #[test]
    fn values_that_would_do_nothing_are_refused() {
        for text in ["slow=0", "tail=0%", "errors=0", "delay=0s", "leak=0B/s", "stall=0s/5s", "errors=", "stall=1s", "", "="] {
            assert!(text.parse::<Defect>().is_err(), "{text}");
        }
    }

    #[test]
    fn defects_add_up_and_none_may_be_given_twice() {
        let read = |texts: &[&str]| Defects::new(texts.iter().map(|text| text.parse().unwrap()));
        let both = read(&["oversell", "errors=2%"]).unwrap();
        assert_eq!(both, Defects { oversell: true, errors: Share(0.02), ..Defects::default() });
        let twice = read(&["slow=5%", "tail=5%", "slow=10%"]);
        assert_eq!(twice.unwrap_err().to_string(), "`slow` is given twice");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(oversell|slow|delay|tail|errors|leak|stall)?=?.{0,12}") {
            let _ = text.parse::<Defect>();
        }
    }
}
