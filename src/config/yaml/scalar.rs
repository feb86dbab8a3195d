//! Scalars: the text, how it was written, and where each byte of it came from.

use super::node::Span;

/// A scalar. Its type is decided when somebody reads it: substitution may still make a number of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text without quotes, escapes resolved, variables substituted.
    pub value: String,
    /// Written without quotes: typed by its looks. Anything else is text.
    pub plain: bool,
    /// Offset in the source of the first byte of the value as written, where every byte of it stands there unchanged.
    pub verbatim: Option<usize>,
    /// What substitution made of the value, in order; empty where there was nothing to substitute.
    pub pieces: Vec<Piece>,
    /// A variable in it isn't set.
    pub unresolved: bool,
}

/// A stretch of a substituted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Offset in the value.
    pub at: usize,
    /// How many bytes of the value.
    pub len: usize,
    /// Offset in the text before substitution.
    pub from: usize,
    /// How many bytes of that text; other than `len` for a variable.
    pub from_len: usize,
    /// The variable that was put in; none for text that was left as it is.
    pub variable: Option<String>,
}

impl Scalar {
    /// Whether it is written as nothing. A variable that is empty is an empty text, not nothing.
    pub fn is_null(&self) -> bool {
        self.plain && self.pieces.is_empty() && matches!(self.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| piece.variable.as_deref())
    }

    /// Where a stretch of the value stands in the source: as exactly as is known, else the whole of `node`.
    pub fn place(&self, node: Span, start: usize, end: usize) -> Span {
        let Some(first) = self.verbatim else { return node };
        let (from, _) = self.before_substitution(start);
        // The end of an empty stretch is its start; else it is where the last byte of it ends.
        let to = if end > start { self.before_substitution(end - 1).1 } else { from };
        Span::new(first + from, first + to)
    }

    /// As JSON: plain scalars by YAML's core schema, all others as text.
    pub fn to_json(&self) -> serde_json::Value {
        let text = || serde_json::Value::from(self.value.as_str());
        if !self.plain {
            return text();
        }
        match self.value.as_str() {
            _ if self.is_null() => serde_json::Value::Null,
            "true" | "True" | "TRUE" => true.into(),
            "false" | "False" | "FALSE" => false.into(),
            value => number(value).unwrap_or_else(text),
        }
    }

    /// What it is, for messages.
    pub fn description(&self) -> String {
        const SHOWN: usize = 40;
        if self.is_null() {
            return "nothing".to_owned();
        }
        match self.to_json() {
            serde_json::Value::Bool(_) | serde_json::Value::Number(_) => format!("`{}`", self.value),
            _ if self.value.is_empty() => "an empty text".to_owned(),
            _ if self.value.chars().count() > SHOWN || self.value.contains('\n') => "a text".to_owned(),
            _ => format!("the text `{}`", self.value),
        }
    }

    /// Where the byte of the value at `offset` came from: the first byte, and the one behind the last.
    fn before_substitution(&self, offset: usize) -> (usize, usize) {
        if self.pieces.is_empty() {
            return (offset, offset + 1);
        }
        let piece = self.pieces.iter().rfind(|piece| piece.at <= offset && (piece.len > 0 || piece.at == offset));
        match piece {
            Some(piece) if piece.variable.is_some() => (piece.from, piece.from + piece.from_len),
            Some(piece) => {
                let within = (offset - piece.at).min(piece.from_len);
                (piece.from + within, piece.from + (within + 1).min(piece.from_len))
            }
            None => (0, 0),
        }
    }
}

/// A number of YAML's core schema.
fn number(text: &str) -> Option<serde_json::Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(Into::into);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return u64::from_str_radix(octal, 8).ok().map(Into::into);
    }
    // `inf`, `nan` and `1_000` are words in YAML; Rust's own parser would take the first two.
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
    {
        return None;
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if let Ok(whole) = unsigned.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = unsigned.parse::<u64>() {
        return Some(whole.into());
    }
    serde_json::Number::from_f64(unsigned.parse().ok()?).map(serde_json::Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scalar(value: &str, plain: bool) -> Scalar {
        Scalar { value: value.to_owned(), plain, verbatim: Some(100), pieces: Vec::new(), unresolved: false }
    }

    #[test]
    fn plain_scalars_are_typed_by_their_looks() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("yes", json!("yes")),
            ("12", json!(12)),
            ("-3", json!(-3)),
            ("+3", json!(3)),
            ("9.99", json!(9.99)),
            ("1e3", json!(1000.0)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("18446744073709551615", json!(u64::MAX)),
            (".inf", json!(".inf")),
            ("inf", json!("inf")),
            ("1_000", json!("1_000")),
            ("1.2.3", json!("1.2.3")),
            ("2024-01-01", json!("2024-01-01")),
            ("-", json!("-")),
        ] {
            assert_eq!(scalar(text, true).to_json(), value, "{text}");
        }
        assert_eq!(scalar("12", false).to_json(), json!("12"));
        assert_eq!(scalar("", false).to_json(), json!(""));
    }

    #[test]
    fn places_are_exact_where_the_value_stands_unchanged() {
        let plain = scalar("p95 < 1s", true);
        assert_eq!(plain.place(Span::new(0, 0), 6, 8), Span::new(106, 108));
        let escaped = Scalar { verbatim: None, ..scalar("a\nb", false) };
        assert_eq!(escaped.place(Span::new(10, 20), 1, 2), Span::new(10, 20));
    }

    #[test]
    fn a_place_inside_of_a_variable_is_the_variable() {
        // `p95 < ${X} ms`, X = 12345
        let piece =
            |at, len, from, from_len, variable: Option<&str>| Piece { at, len, from, from_len, variable: variable.map(str::to_owned) };
        let pieces = vec![piece(0, 6, 0, 6, None), piece(6, 5, 6, 4, Some("X")), piece(11, 3, 10, 3, None)];
        let scalar = Scalar { pieces, ..scalar("p95 < 12345 ms", true) };
        assert_eq!(scalar.place(Span::default(), 8, 9), Span::new(106, 110));
        assert_eq!(scalar.place(Span::default(), 12, 14), Span::new(111, 113));
        assert_eq!(scalar.place(Span::default(), 0, 14), Span::new(100, 113));
    }
}
