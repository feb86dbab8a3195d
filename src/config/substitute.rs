//! Puts values in for `${VAR}` and `${VAR:-default}`; `$${` is a literal `${`.

use super::dotenv::is_name;
use super::variables::Variables;
use super::yaml::{Piece, Scalar};

/// What is wrong with a substitution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What it is.
    pub(super) kind: TroubleKind,
    /// Where in the text as written: offset and length.
    pub(super) at: (usize, usize),
}

/// Kinds of trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TroubleKind {
    /// A variable has neither value nor default.
    Unset(String),
    /// `${` without `}`.
    Open,
    /// `${..}` around something that is no name.
    NoName(String),
}

/// Substitutes within one scalar, remembering where each byte of the new value came from. `keep` names a variable that
/// stays as it is. Whatever has no value is reported, and leaves the scalar unresolved.
pub(super) fn substitute(scalar: &mut Scalar, variables: &Variables, keep: Option<&str>) -> Vec<Trouble> {
    if !scalar.value.contains("${") {
        return Vec::new();
    }
    let mut troubles = Vec::new();
    let text = std::mem::take(&mut scalar.value);
    scalar.pieces = pieces(&text, variables, keep, &mut scalar.value, &mut troubles);
    scalar.unresolved = !troubles.is_empty();
    troubles
}

fn pieces(text: &str, variables: &Variables, keep: Option<&str>, out: &mut String, troubles: &mut Vec<Trouble>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = |from: usize, to: usize, out: &mut String| {
        if to > from {
            pieces.push(Piece { at: out.len(), len: to - from, from, from_len: to - from, variable: None });
            out.push_str(&text[from..to]);
        }
    };
    let mut found: Vec<Piece> = Vec::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find("${").map(|offset| at + offset) {
        if text[..dollar].ends_with('$') && dollar > at {
            // `$${`: the first dollar only said that the second one is meant.
            literal(at, dollar - 1, out);
            literal(dollar, dollar + 2, out);
            at = dollar + 2;
            continue;
        }
        let Some(length) = closing(&text[dollar + 2..]) else {
            troubles.push(Trouble { kind: TroubleKind::Open, at: (dollar, 2) });
            break;
        };
        literal(at, dollar, out);
        let inside = &text[dollar + 2..dollar + 2 + length];
        let end = dollar + 2 + length + 1;
        at = end;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        if !is_name(name) {
            troubles.push(Trouble { kind: TroubleKind::NoName(name.to_owned()), at: (dollar, end - dollar) });
            continue;
        }
        if keep == Some(name) {
            // Written without its default: whoever fills it in later has a value.
            let start = out.len();
            out.push_str(&format!("${{{name}}}"));
            found.push(Piece { at: start, len: out.len() - start, from: dollar, from_len: end - dollar, variable: Some(name.to_owned()) });
            continue;
        }
        let start = out.len();
        match (variables.get(name), default) {
            // As in a shell: `:-` also stands in for an empty value.
            (Some(value), default) if !value.is_empty() || default.is_none() => out.push_str(value),
            (_, Some(default)) => {
                let inner = troubles.len();
                self::pieces(default, variables, keep, out, troubles);
                // Troubles of a nested default are told at the whole of it.
                troubles[inner..].iter_mut().for_each(|trouble| trouble.at = (dollar, end - dollar));
            }
            (_, None) => troubles.push(Trouble { kind: TroubleKind::Unset(name.to_owned()), at: (dollar, end - dollar) }),
        }
        found.push(Piece { at: start, len: out.len() - start, from: dollar, from_len: end - dollar, variable: Some(name.to_owned()) });
    }
    literal(at, text.len(), out);
    pieces.extend(found);
    pieces.sort_by_key(|piece| (piece.at, piece.from));
    pieces
}

/// The offset of the brace that closes what was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::yaml::Span;

    fn scalar(text: &str) -> Scalar {
        Scalar { value: text.to_owned(), plain: true, verbatim: Some(0), pieces: Vec::new(), unresolved: false }
    }

    fn variables() -> Variables {
        Variables { process: [("A", "1"), ("EMPTY", ""), ("URL", "http://x")].into_iter().collect(), ..Variables::default() }
    }

    fn put_in(text: &str) -> (String, Vec<TroubleKind>) {
        let mut scalar = scalar(text);
        let troubles = substitute(&mut scalar, &variables(), Some("PORT"));
        assert_eq!(scalar.unresolved, !troubles.is_empty());
        (scalar.value, troubles.into_iter().map(|trouble| trouble.kind).collect())
    }

    #[test]
    fn values_and_defaults_are_put_in() {
        for (text, expected) in [
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${B:-two}", "two"),
            ("${B:-}", ""),
            ("${EMPTY}", ""),
            ("${EMPTY:-full}", "full"),
            ("${B:-${A}}", "1"),
            ("${B:-{{ x }}}", "{{ x }}"),
            ("${B:-a:-b}", "a:-b"),
            ("$${A}", "${A}"),
            ("a$${A}${A}", "a${A}1"),
            ("$A $ {A} 5$", "$A $ {A} 5$"),
            ("${URL}:${PORT}/x", "http://x:${PORT}/x"),
            ("${PORT:-80}", "${PORT}"),
            ("größe ${A}", "größe 1"),
        ] {
            assert_eq!(put_in(text), (expected.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_put_in_is_reported() {
        assert_eq!(put_in("${B}").1, [TroubleKind::Unset("B".into())]);
        assert_eq!(put_in("${B}${C:-${D}}").1, [TroubleKind::Unset("B".into()), TroubleKind::Unset("D".into())]);
        assert_eq!(put_in("${A").1, [TroubleKind::Open]);
        assert_eq!(put_in("${}").1, [TroubleKind::NoName("".into())]);
        assert_eq!(put_in("${a b}").1, [TroubleKind::NoName("a b".into())]);
    }

    #[test]
    fn places_lead_back_to_what_is_written() {
        let text = "p95 < ${B:-300}ms x";
        let mut scalar = scalar(text);
        substitute(&mut scalar, &variables(), None);
        assert_eq!(scalar.value, "p95 < 300ms x");
        let place = |start, end| {
            let span = scalar.place(Span::default(), start, end);
            &text[span.start..span.end]
        };
        assert_eq!(place(0, 3), "p95");
        assert_eq!(place(7, 8), "${B:-300}");
        assert_eq!(place(6, 11), "${B:-300}ms");
        assert_eq!(place(12, 13), "x");
    }

    proptest! {
        #[test]
        fn text_without_variables_is_left_alone(text in "[^$]{0,40}") {
            prop_assert_eq!(put_in(&text), (text, vec![]));
        }

        #[test]
        fn escaped_text_comes_out_as_it_was(text in "([a-z${}:-]|é){0,20}") {
            // A dollar in front would itself be read as the escape of ours.
            let escaped = text.replace("${", "$${");
            prop_assume!(!text.contains("$${"));
            prop_assert_eq!(put_in(&escaped), (text, vec![]));
        }

        #[test]
        fn pieces_cover_the_value_without_gaps(text in "(\\$\\{A\\}|\\$\\{B:-x\\}|\\$\\$\\{|[a-zé]){0,12}") {
            let mut scalar = scalar(&text);
            let troubles = substitute(&mut scalar, &variables(), None);
            prop_assert_eq!(troubles, vec![]);
            let mut at = 0;
            for piece in &scalar.pieces {
                prop_assert_eq!(piece.at, at);
                at += piece.len;
                prop_assert!(piece.from + piece.from_len <= text.len());
            }
            prop_assert!(scalar.pieces.is_empty() || at == scalar.value.len());
            for at in 0..scalar.value.len() {
                let span = scalar.place(Span::default(), at, at + 1);
                prop_assert!(span.end <= text.len());
            }
        }

        #[test]
        fn never_panics(text in "([${}:A-]|é| ){0,30}") {
            put_in(&text);
        }
    }
}
