//! The tokens of an expression, as far as names and brackets matter; the grammar itself is minijinja's.

/// One token of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A variable, attribute, function, filter or keyword.
    Name(&'s str),
    /// A number, or a text in quotes.
    Literal,
    /// An operator, a bracket, or anything else.
    Sign(&'s str),
    /// A text whose closing quote is missing.
    Unclosed,
}

/// Reads tokens with their byte offsets.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Tokens<'s> {
    /// Reads from byte `at` of `source`.
    pub(super) fn new(source: &'s str, at: usize) -> Self {
        Self { source, at }
    }

    /// Where the next token begins; the end of the source behind the last one.
    pub(super) fn position(&mut self) -> usize {
        let rest = &self.source[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    /// What is left to read.
    pub(super) fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }
}

impl<'s> Iterator for Tokens<'s> {
    type Item = (usize, Token<'s>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.position();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (token, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                (Token::Name(&rest[..length]), length)
            }
            '0'..='9' => (Token::Literal, number_length(rest)),
            '\'' | '"' => match text_length(rest, first) {
                Some(length) => (Token::Literal, length),
                None => (Token::Unclosed, rest.len()),
            },
            _ => {
                let length = match rest.get(..2) {
                    Some("==" | "!=" | "<=" | ">=" | "//" | "**") => 2,
                    _ => first.len_utf8(),
                };
                (Token::Sign(&rest[..length]), length)
            }
        };
        self.at += length;
        Some((start, token))
    }
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let fraction = *byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !(byte.is_ascii_alphanumeric() || *byte == b'_' || fraction) {
            break;
        }
        at += 1;
    }
    at
}

/// The length of a quoted text with its quotes.
fn text_length(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_literals_and_signs_are_told_apart() {
        let tokens: Vec<_> = Tokens::new("a.b1 | f('x}}\\'', 1.5)==b", 0).collect();
        use Token::{Literal, Name, Sign};
        let expected = vec![
            (0, Name("a")),
            (1, Sign(".")),
            (2, Name("b1")),
            (5, Sign("|")),
            (7, Name("f")),
            (8, Sign("(")),
            (9, Literal),
            (16, Sign(",")),
            (18, Literal),
            (21, Sign(")")),
            (22, Sign("==")),
            (24, Name("b")),
        ];
        assert_eq!(tokens, expected);
        assert_eq!(Tokens::new("'open", 0).next(), Some((0, Token::Unclosed)));
        assert_eq!(Tokens::new(" é", 0).next(), Some((1, Sign("é"))));
    }
}
