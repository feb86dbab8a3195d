//! What an expression mentions: variables, functions, filters and tests, each with its place.

use super::tokens::{Token, Tokens};

/// A variable with the attributes behind it: `account.email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path<'s> {
    pub(super) root: &'s str,
    pub(super) attributes: Vec<&'s str>,
    pub(super) offset: usize,
    /// `default(..)` or `is defined` stands right behind it.
    pub(super) optional: bool,
}

/// What an expression mentions, in the order written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Analysis<'s> {
    pub(super) paths: Vec<Path<'s>>,
    /// Called by name: `uuid()`.
    pub(super) functions: Vec<(&'s str, usize)>,
    /// Called on `fake`.
    pub(super) fakes: Vec<(&'s str, usize)>,
    pub(super) filters: Vec<(&'s str, usize)>,
    pub(super) tests: Vec<(&'s str, usize)>,
    /// Has `if`, `and` or `or`: a part may never be evaluated.
    pub(super) branches: bool,
    /// It is nothing but one path.
    pub(super) is_path: bool,
}

/// Reads an expression; offsets in the result are counted from the beginning of the text that it is a part of.
pub(super) fn analyse(expression: &str, offset: usize) -> Analysis<'_> {
    let tokens: Vec<(usize, Token<'_>)> = Tokens::new(expression, 0).map(|(at, token)| (at + offset, token)).collect();
    let mut analysis = Analysis::default();
    let sign = |at: usize, wanted: &str| matches!(tokens.get(at), Some((_, Token::Sign(sign))) if *sign == wanted);
    let name = |at: usize| match tokens.get(at) {
        Some((offset, Token::Name(name))) => Some((*name, *offset)),
        _ => None,
    };
    let mut at = 0;
    while at < tokens.len() {
        let Some((word, offset)) = name(at) else {
            at += 1;
            continue;
        };
        at += 1;
        match word {
            "if" | "and" | "or" | "elif" => analysis.branches = true,
            "is" => {
                let negated = usize::from(matches!(name(at), Some(("not", _))));
                if let Some(test) = name(at + negated) {
                    analysis.tests.push(test);
                    at += negated + 1;
                }
            }
            "not" | "in" | "else" | "true" | "false" | "none" | "True" | "False" | "None" => {}
            _ if at >= 2 && sign(at - 2, "|") => analysis.filters.push((word, offset)),
            // An attribute of something that is no plain path: `f(x).y`, `list[0].y`.
            _ if at >= 2 && sign(at - 2, ".") => {}
            _ if sign(at, "=") => {}
            _ if sign(at, "(") => analysis.functions.push((word, offset)),
            root => {
                let begin = at - 1;
                let mut attributes = Vec::new();
                while let (true, Some((attribute, place))) = (sign(at, "."), name(at + 1)) {
                    if sign(at + 2, "(") {
                        if root == "fake" && attributes.is_empty() {
                            analysis.fakes.push((attribute, place));
                        }
                        at += 2;
                        break;
                    }
                    attributes.push(attribute);
                    at += 2;
                }
                analysis.is_path = begin == 0 && at == tokens.len();
                let (test, after) = (name(at + 1).map(|(word, _)| word), name(at + 2).map(|(word, _)| word));
                let known = |word: Option<&str>| matches!(word, Some("defined" | "undefined"));
                let optional = match name(at) {
                    Some(("is", _)) => known(test) || (test == Some("not") && known(after)),
                    _ => sign(at, "|") && matches!(test, Some("default" | "d")),
                };
                analysis.paths.push(Path { root, attributes, offset, optional });
            }
        }
    }
    analysis
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::template::environment::{environment, is_global};
    use std::collections::BTreeSet;

    #[test]
    fn everything_mentioned_is_found_with_its_place() {
        let analysis = analyse("f(a.b, key=c)|upper if d is not none else fake.email(4)", 10);
        let path = |root, attributes, offset| Path { root, attributes, offset, optional: false };
        assert_eq!(analysis.paths, [path("a", vec!["b"], 12), path("c", vec![], 21), path("d", vec![], 33), path("fake", vec![], 52)]);
        assert_eq!(analysis.functions, [("f", 10)]);
        assert_eq!(analysis.filters, [("upper", 24)]);
        assert_eq!(analysis.tests, [("none", 42)]);
        assert_eq!(analysis.fakes, [("email", 57)]);
        assert!(analysis.branches && !analysis.is_path);
        assert!(analyse(" account.email ", 0).is_path);
        assert!(!analyse("account.email.upper()", 0).is_path);
    }

    #[test]
    fn guarded_names_are_optional() {
        for (expression, optional) in [
            ("a|default(1)", true),
            ("a.b | d('x')", true),
            ("a is defined", true),
            ("a is not defined", true),
            ("a is undefined", true),
            ("a is none", false),
            ("a|upper|default(1)", false),
        ] {
            assert_eq!(analyse(expression, 0).paths[0].optional, optional, "{expression}");
        }
    }

    #[test]
    fn names_agree_with_those_minijinja_finds() {
        for expression in [
            "a",
            "a.b.c",
            "a[b].c",
            "f(a, key=b)",
            "x if y else z",
            "{'k': v, w: 1}",
            "[a, b|upper, c is divisibleby(d)]",
            "a.b(c).d",
            "not a in b and c.d is defined",
            "a ~ 'b' ~ 1.5 ~ 1e-5",
            "uuid() ~ fake.email() ~ env.KEY",
        ] {
            let compiled = environment().compile_expression_owned(expression).unwrap();
            let theirs: BTreeSet<String> = compiled.undeclared_variables(false).into_iter().filter(|name| !is_global(name)).collect();
            let analysis = analyse(expression, 0);
            let functions = analysis.functions.iter().map(|(name, _)| *name);
            let ours: BTreeSet<String> =
                analysis.paths.iter().map(|path| path.root).chain(functions).filter(|name| !is_global(name)).map(str::to_owned).collect();
            assert_eq!(ours, theirs, "{expression}");
        }
    }
}
