//! The templates, and how each kind of them escapes what is put in.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::escape;

/// The name by which [`AutoEscape::Custom`] knows Markdown.
const MARKDOWN: &str = "markdown";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// Fills a template of `templates/`. Escaping goes by the name: `.md.j2` is Markdown, `.html.j2` is HTML.
pub(super) fn render(name: &str, context: impl Serialize) -> String {
    let template = TEMPLATES.get_template(name);
    // Templates are part of the program, and what they are filled with is typed: a failure is a bug, not an input.
    template.and_then(|template| template.render(Serde(context))).unwrap_or_else(|error| unreachable!("template {name}: {error:#}"))
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    env.set_syntax(syntax.unwrap_or_else(|error| unreachable!("the usual delimiters: {error:#}")));
    env.set_auto_escape_callback(|name| if name.ends_with(".md.j2") { AutoEscape::Custom(MARKDOWN.into()) } else { AutoEscape::Html });
    env.set_formatter(|out, state, value| {
        if value.is_safe() {
            return out.write_str(value.as_str().unwrap_or_default()).map_err(Into::into);
        }
        let text = value.to_string();
        let escaped = match state.auto_escape() {
            AutoEscape::Custom(name) if name == MARKDOWN => escape::markdown(&text),
            _ => escape::html(&text),
        };
        out.write_str(&escaped).map_err(Into::into)
    });
    env.add_filter("code", |text: &str| Value::from_safe_string(escape::markdown_code(text)));
    env.add_filter("short", |text: &str, most: usize| escape::shortened(text, most).into_owned());
    for (name, source) in [
        ("sections.md.j2", include_str!("../../templates/sections.md.j2")),
        ("comment.md.j2", include_str!("../../templates/comment.md.j2")),
        ("compared.md.j2", include_str!("../../templates/compared.md.j2")),
        ("notice.md.j2", include_str!("../../templates/notice.md.j2")),
        ("summary.md.j2", include_str!("../../templates/summary.md.j2")),
        ("report.html.j2", include_str!("../../templates/report.html.j2")),
        ("report.css", include_str!("../../templates/report.css")),
    ] {
        env.add_template(name, source).unwrap_or_else(|error| unreachable!("template {name}: {error:#}"));
    }
    env
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_charts_are_put_in_unescaped() {
        for source in [
            include_str!("../../templates/sections.md.j2"),
            include_str!("../../templates/comment.md.j2"),
            include_str!("../../templates/compared.md.j2"),
            include_str!("../../templates/notice.md.j2"),
            include_str!("../../templates/summary.md.j2"),
            include_str!("../../templates/report.html.j2"),
        ] {
            for (at, _) in source.match_indices("|safe }}") {
                let allowed = ["chart.svg", "charts.throughput", "charts.latency", "history", "marker", "state", "links"];
                assert!(allowed.iter().any(|name| source[..at].ends_with(name)), "{}", &source[at.saturating_sub(40)..at]);
            }
        }
    }
}
