//! What is said where there is no record: the run never came to measure.

use serde::Serialize;

use super::markdown::CommentOptions;
use super::marker::{attempt_line, state_line};
use super::{comment_marker, templates};

/// The comment, and the summary, of a run that left no record. `exit_code` is what it exited with;
/// `resolved` that a later run did measure.
pub fn notice(exit_code: Option<u8>, resolved: bool, options: &CommentOptions) -> String {
    #[derive(Serialize)]
    struct Context {
        marker: String,
        state: String,
        code: Option<u8>,
        what: &'static str,
        resolved: bool,
        links: String,
    }
    let what = match exit_code {
        Some(2) => "The scenario, an option or the checkout is wrong. No load was sent.",
        Some(3) => "The run could not be carried out: the service did not start, was not reachable, or its setup failed.",
        Some(101) => "loadline itself failed: please report it.",
        Some(130) => "The run was interrupted before anything was measured.",
        _ => "The run left no record.",
    };
    let mut state = state_line(if resolved { "passed" } else { "error" });
    if let Some(attempt) = &options.attempt {
        state += &format!("\n{}", attempt_line(attempt));
    }
    let marker = comment_marker(options.suite.as_deref().unwrap_or("run"));
    templates::render("notice.md.j2", Context { marker, state, code: exit_code, what, resolved, links: options.links() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_a_record_says_why_and_where_to_look() {
        let options = CommentOptions {
            suite: Some("ci/perf".to_owned()),
            run_url: Some("https://github.com/octocat/demo/actions/runs/1".to_owned()),
            attempt: Some("1/2".to_owned()),
            ..CommentOptions::default()
        };
        insta::assert_snapshot!(notice(Some(2), false, &options), @r"
        <!-- loadline:ci/perf -->
        <!-- loadline-state:error -->
        <!-- loadline-run:1/2 -->
        ### ❌ ERROR · the load test measured nothing (exit code 2)

        The scenario, an option or the checkout is wrong. No load was sent. The log of the step says more, with what to do.

        <sub>[The run](https://github.com/octocat/demo/actions/runs/1)</sub>
        ");
        insta::assert_snapshot!(notice(None, true, &options), @r"
        <!-- loadline:ci/perf -->
        <!-- loadline-state:passed -->
        <!-- loadline-run:1/2 -->
        ### ✅ The load test runs again

        Its report has a comment of its own.

        <sub>[The run](https://github.com/octocat/demo/actions/runs/1)</sub>
        ");
    }
}
