//! The templates, and how each kind of them escapes what is put in.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, State, UndefinedBehavior};
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
    env.add_filter("told", |state: &State<'_, '_>, text: &str| {
        let html = !matches!(state.auto_escape(), AutoEscape::Custom(_));
        Value::from_safe_string(with_names(text, html))
    });
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

/// A sentence of ours in which names stand between backticks, as code. Whatever the names do to the backticks, every piece
/// is escaped by itself.
fn with_names(text: &str, html: bool) -> String {
    let piece = |(at, piece): (usize, &str)| match (at % 2 == 1, html) {
        (false, true) => escape::html(piece),
        (false, false) => escape::markdown(piece),
        (true, true) => format!("<code>{}</code>", escape::html(piece)),
        (true, false) => escape::markdown_code(piece),
    };
    if text.matches('`').count() % 2 == 1 {
        return piece((0, text));
    }
    text.split('`').enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::with_names;

    #[test]
    fn names_in_a_sentence_are_code_and_never_more() {
        let sentence = "p95 of `GET /a|b` is <1ms>";
        assert_eq!(with_names(sentence, true), "p95 of <code>GET /a|b</code> is &lt;1ms&gt;");
        assert_eq!(with_names(sentence, false), "p95 of <code>GET /a&#124;b</code> is &#60;1ms&#62;");
        // A name with backticks of its own turns code and text around, and still escapes nothing.
        let hostile = with_names("p95 of `GET /`<script>@octocat` is 1ms", false);
        assert!(!hostile.contains('<') && !hostile.contains("@octocat"), "{hostile}");
        assert_eq!(with_names("`<b>``<i>`", true), "<code>&lt;b&gt;</code><code>&lt;i&gt;</code>");
    }

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
