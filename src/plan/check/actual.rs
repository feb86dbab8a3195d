//! What came, and how it compares with what was expected.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

/// The value that a check looks at.
#[derive(Debug, Clone)]
pub(super) enum Actual<'a> {
    /// There is none.
    Missing,
    /// A header or a whole body.
    Text(Cow<'a, str>),
    /// A part of a JSON body.
    Json(Cow<'a, Json>),
}

impl Actual<'_> {
    /// Whether it is this value. In JSON types must agree; a text is compared with how the value is written.
    pub(super) fn equals(&self, expected: &Json) -> bool {
        match (self, expected) {
            (Self::Missing, _) => false,
            (Self::Json(actual), expected) => same(actual, expected),
            (Self::Text(text), Json::String(expected)) => text == expected,
            (Self::Text(text), Json::Number(expected)) => {
                number(text).is_some_and(|actual| compare(&actual, expected) == Some(Ordering::Equal))
            }
            (Self::Text(text), Json::Bool(expected)) => text.trim() == expected.to_string(),
            (Self::Text(_), _) => false,
        }
    }

    /// How it stands to a bound: numbers as numbers, also where one side is written as a text; two texts by their letters,
    /// which is right for dates. None where the two have no order.
    pub(super) fn order(&self, bound: &Json) -> Option<Ordering> {
        let text = match self {
            Self::Missing => return None,
            Self::Text(text) => &**text,
            Self::Json(actual) => match (&**actual, bound) {
                (Json::Number(actual), Json::Number(bound)) => return compare(actual, bound),
                (Json::Number(actual), Json::String(bound)) => return compare(actual, &number(bound)?),
                (Json::String(actual), Json::String(bound)) => return Some(actual.as_str().cmp(bound)),
                _ => return None,
            },
        };
        match bound {
            Json::Number(bound) => compare(&number(text)?, bound),
            Json::String(bound) => match (number(text), number(bound)) {
                (Some(actual), Some(bound)) => compare(&actual, &bound),
                _ => Some(text.cmp(bound)),
            },
            _ => None,
        }
    }

    /// Characters of a text, elements of a list, keys of a mapping.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::Missing => None,
            Self::Text(text) => Some(text.chars().count()),
            Self::Json(value) => match &**value {
                Json::String(text) => Some(text.chars().count()),
                Json::Array(items) => Some(items.len()),
                Json::Object(entries) => Some(entries.len()),
                _ => None,
            },
        }
    }

    /// A text has it as a part, a list as an element, a mapping as a key. Of a list all must be in it.
    pub(super) fn contains(&self, wanted: &Json) -> bool {
        match wanted {
            Json::Array(all) => all.iter().all(|wanted| self.has(wanted)),
            wanted => self.has(wanted),
        }
    }

    /// It as a text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Missing => None,
            Self::Text(text) => Some(text),
            Self::Json(value) => value.as_str(),
        }
    }

    /// The name of its type, as `type:` has it.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Missing => "nothing",
            Self::Text(_) => "string",
            Self::Json(value) => match &**value {
                Json::Null => "null",
                Json::Bool(_) => "boolean",
                Json::Number(number) if is_whole(number) => "integer",
                Json::Number(_) => "number",
                Json::String(_) => "string",
                Json::Array(_) => "list",
                Json::Object(_) => "mapping",
            },
        }
    }

    fn has(&self, wanted: &Json) -> bool {
        match self {
            Self::Missing => false,
            Self::Text(text) => written(wanted).is_some_and(|wanted| text.contains(&*wanted)),
            Self::Json(value) => match &**value {
                Json::String(text) => written(wanted).is_some_and(|wanted| text.contains(&*wanted)),
                Json::Array(items) => items.iter().any(|item| same(item, wanted)),
                Json::Object(entries) => wanted.as_str().is_some_and(|key| entries.contains_key(key)),
                _ => false,
            },
        }
    }
}

/// Equal, with numbers compared by value (1 is 1.0) and keys in any order.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => compare(left, right) == Some(Ordering::Equal),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

/// Whole numbers exactly, others as floating-point numbers.
fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn is_whole(number: &Number) -> bool {
    number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    text.parse::<i64>().ok().map(Number::from).or_else(|| text.parse().ok().and_then(Number::from_f64))
}

fn written(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Number(_) | Json::Bool(_) => Some(Cow::Owned(value.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn part(value: Json) -> Actual<'static> {
        Actual::Json(Cow::Owned(value))
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert!(part(json!(1)).equals(&json!(1.0)));
        assert!(part(json!({"a": [1, {"b": 2.0}]})).equals(&json!({"a": [1.0, {"b": 2}]})));
        assert!(!part(json!(9_007_199_254_740_993_u64)).equals(&json!(9_007_199_254_740_992_u64)));
        assert!(!part(json!("1")).equals(&json!(1)));
        assert!(Actual::Text("1".into()).equals(&json!(1.0)));
        assert_eq!(part(json!(u64::MAX)).order(&json!(-1)), Some(Ordering::Greater));
        assert_eq!(part(json!(2)).order(&json!("1.5")), Some(Ordering::Greater));
        assert_eq!(part(json!("2024-02-01")).order(&json!("2024-10-01")), Some(Ordering::Less));
        assert_eq!(part(json!(true)).order(&json!(1)), None);
    }

    proptest! {
        #[test]
        fn a_value_equals_itself_and_is_in_a_list_with_it(number in any::<i64>(), text in any::<String>()) {
            for value in [json!(number), json!(text), json!([number, text])] {
                prop_assert!(part(value.clone()).equals(&value));
                prop_assert!(part(json!([null, value.clone()])).contains(&json!([value])));
            }
        }
    }
}
