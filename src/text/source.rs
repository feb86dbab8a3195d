//! Texts that diagnostics point into.

use std::fmt;

/// A text with the name people know it by, usually a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// The path as the user wrote it.
    pub name: String,
    /// The whole content.
    pub text: String,
}

/// A place as editors and annotations count: lines and columns from one, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Name of the source.
    pub file: String,
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The place of a byte offset; an offset beyond the end, or inside a character, means the nearest place before it.
    pub fn place(&self, offset: usize) -> Place {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place { file: self.name.clone(), line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.yml", "né: 1\nb: 2\n");
        assert_eq!(source.place(0).to_string(), "a.yml:1:1");
        assert_eq!(source.place("né".len()).to_string(), "a.yml:1:3");
        assert_eq!(source.place("né: 1\nb".len()).to_string(), "a.yml:2:2");
        assert_eq!(source.place(2).to_string(), "a.yml:1:2");
        assert_eq!(source.place(9999).to_string(), "a.yml:3:1");
    }
}
