//! Tables for a terminal.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};

use super::{Pen, Style};
use crate::report::escape::shortened;
use crate::report::view::Tone;

/// A table whose texts are cut to the width, never wrapped: a row is a line.
pub(super) struct TableBuilder {
    pen: Pen,
    columns: Vec<Column>,
    rows: Vec<(Vec<String>, Tone)>,
    /// Lines between the rows, each with the number of rows above it.
    headings: Vec<(usize, String)>,
}

/// How a column behaves where room is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Text to the left, cut where room is short.
    Text(&'static str),
    /// Text to the left, never cut.
    Label(&'static str),
    /// A figure to the right, never cut.
    Figure(&'static str),
    /// A figure that is left out below this width.
    Extra(&'static str, u16),
}

impl TableBuilder {
    pub(super) fn new(pen: Pen, columns: impl Into<Vec<Column>>) -> Self {
        Self { pen, columns: columns.into(), rows: Vec::new(), headings: Vec::new() }
    }

    /// Adds a row; the tone colours its first cell.
    pub(super) fn row<'a>(&mut self, tone: Tone, cells: impl IntoIterator<Item = &'a str>) {
        self.rows.push((cells.into_iter().map(str::to_owned).collect(), tone));
    }

    /// Adds a line of its own, for the rows below it; cut to the width like a text.
    pub(super) fn heading(&mut self, text: &str) {
        let text = shortened(text, usize::from(self.pen.width) - 2);
        self.headings.push((self.rows.len(), self.pen.bold(&text)));
    }

    /// The table's lines, each indented by two spaces.
    pub(super) fn render(self) -> String {
        let Self { pen, columns, rows, headings } = self;
        let shown: Vec<bool> = columns.iter().map(|column| !matches!(column, Column::Extra(_, from) if pen.width < *from)).collect();
        let kept: Vec<Column> = columns.iter().copied().zip(&shown).filter(|(_, shown)| **shown).map(|(column, _)| column).collect();
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(pen.width - 2);
        table.set_truncation_indicator("…");
        match pen.style {
            Style::Plain => table.force_no_tty(),
            Style::Colour => table.enforce_styling(),
        };
        // Or trailing blanks would be painted, and stay.
        table.style_text_only();
        table.set_header(kept.iter().map(|column| Cell::new(column.title()).add_attribute(Attribute::Bold)));
        for (cells, tone) in rows {
            let mut row = Row::new();
            row.max_height(1);
            for (at, text) in cells.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell).enumerate() {
                let cell = Cell::new(text);
                row.add_cell(match colour(tone) {
                    Some(colour) if at == 0 => cell.fg(colour),
                    _ => cell,
                });
            }
            table.add_row(row);
        }
        let widths = table.column_max_content_widths();
        let last = kept.len() - 1;
        for (at, column) in kept.iter().enumerate() {
            let Some(target) = table.column_mut(at) else { continue };
            target.set_padding((0, if at == last { 0 } else { 2 }));
            // A character that no text holds: a cut goes through words, not between them.
            target.set_delimiter('\u{1}');
            if column.is_fixed() {
                let padding = if at == last { 0 } else { 2 };
                target.set_constraint(ColumnConstraint::Absolute(Width::Fixed(widths[at] + padding)));
            }
            if column.is_figure() {
                target.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut out = String::new();
        // A row is a line, and the header is the first of them.
        for (above, line) in table.lines().enumerate() {
            for (_, heading) in headings.iter().filter(|(rows, _)| rows + 1 == above) {
                out.push_str(&format!("  {heading}\n"));
            }
            out.push_str("  ");
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Text(title) | Self::Label(title) | Self::Figure(title) | Self::Extra(title, _) => title,
        }
    }

    fn is_fixed(self) -> bool {
        !matches!(self, Self::Text(_))
    }

    fn is_figure(self) -> bool {
        matches!(self, Self::Figure(_) | Self::Extra(..))
    }
}

fn colour(tone: Tone) -> Option<Color> {
    match tone {
        Tone::Bad => Some(Color::Red),
        Tone::Warn => Some(Color::Yellow),
        Tone::Good => Some(Color::Green),
        Tone::Neutral => None,
    }
}
