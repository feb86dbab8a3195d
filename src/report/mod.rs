//! Records as reports: terminal, Markdown, HTML, CSV, JUnit, annotations.
//!
//! Values in, bytes out: nothing here reads or writes anything. Everything a report shows is in a
//! [`Record`](crate::record::Record), so any report can be made again from a stored one; several records make one
//! report with one verdict.

mod annotations;
mod compared;
mod escape;
mod figures;
#[cfg(test)]
mod fixture;
mod folder;
mod html;
mod junit;
mod locust_csv;
mod markdown;
mod marker;
mod mermaid;
mod notice;
mod svg;
mod templates;
mod terminal;
mod verdict_line;
mod view;

pub use annotations::{Annotation, Place, annotation_commands, workflow_command};
pub use compared::{compared_comment, compared_terminal};
pub use folder::{folder, is_record_file};
pub use html::html;
pub use junit::junit;
pub use locust_csv::locust_csv;
pub use markdown::{CommentOptions, check_summary, job_summary, markdown_comment, suite};
pub use marker::{comment_marker, comment_state, is_of_attempt};
pub use notice::notice;
pub use terminal::{Style, TerminalOptions, terminal};
pub use verdict_line::verdict_line;
