//! Check runs.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, Client};
use super::error::{GitHubError, Permission};

/// GitHub takes no more annotations in one request; a further request adds to those that are there.
const MOST_ANNOTATIONS: usize = 50;
/// GitHub takes no longer title of an annotation.
const LONGEST_TITLE: usize = 255;

/// A check run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// What it is called.
    pub name: String,
    /// The commit it is of.
    pub sha: String,
    /// How it ended.
    pub conclusion: CheckConclusion,
    /// One line.
    pub title: String,
    /// Markdown; at most 65,535 characters.
    pub summary: String,
    /// Where its details are.
    pub url: Option<String>,
    /// What stands at lines of the commit's files.
    pub annotations: Vec<CheckAnnotation>,
}

/// How a check run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckConclusion {
    /// Passed.
    Success,
    /// Failed, or nothing that can be judged.
    Failure,
    /// Failed, where that is only shown.
    Neutral,
    /// Interrupted.
    Cancelled,
}

/// Something at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAnnotation {
    /// From the top of the repository, with `/` between.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// Whether it is a failure; otherwise a warning.
    pub fails: bool,
    /// Cut at 255 characters.
    pub title: String,
    /// The text.
    pub message: String,
}

impl CheckConclusion {
    /// As the API calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Client {
    /// Makes a check run, with all its annotations, fifty a request. Each request is sent once: a second one would make another
    /// check run, or the same annotations again.
    pub fn create_check_run(&self, run: &CheckRun) -> Result<(), GitHubError> {
        #[derive(Deserialize)]
        struct Made {
            id: u64,
        }
        let doing = "make the check run";
        let mut parts = run.annotations.chunks(MOST_ANNOTATIONS);
        let mut body = json!({
            "name": run.name,
            "head_sha": run.sha,
            "status": "completed",
            "conclusion": run.conclusion.name(),
            "output": run.output(parts.next().unwrap_or_default()),
        });
        if let Some(url) = &run.url {
            body["details_url"] = json!(url);
        }
        let call = Call::change(Method::POST, self.path("check-runs"), &body, doing, Permission::WriteChecks);
        let Made { id } = self.send(&call)?.json()?;
        for part in parts {
            let body = json!({ "output": run.output(part) });
            let call = Call::change(Method::PATCH, self.path(&format!("check-runs/{id}")), &body, doing, Permission::WriteChecks);
            self.send(&call)?;
        }
        Ok(())
    }
}

impl CheckRun {
    fn output(&self, annotations: &[CheckAnnotation]) -> Value {
        let annotation = |annotation: &CheckAnnotation| {
            json!({
                "path": annotation.path,
                "start_line": annotation.line,
                "end_line": annotation.line,
                "annotation_level": if annotation.fails { "failure" } else { "warning" },
                "title": annotation.title.chars().take(LONGEST_TITLE).collect::<String>(),
                "message": annotation.message,
            })
        };
        let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
        json!({ "title": self.title, "summary": self.summary, "annotations": annotations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::Access;
    use crate::github::fake::{FakeGitHub, Fault};

    fn client(github: &FakeGitHub) -> Client {
        let variables = github.variables();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Client::with_pause(Access::read(&variable).unwrap(), |_| {}).unwrap()
    }

    fn run(annotations: usize) -> CheckRun {
        let annotation = |line: usize| CheckAnnotation {
            path: "loadline.yml".to_owned(),
            line,
            fails: line > 1,
            title: "t".repeat(300),
            message: "all: p95 < 1ms missed: 2ms".to_owned(),
        };
        CheckRun {
            name: "loadline".to_owned(),
            sha: "a".repeat(40),
            conclusion: CheckConclusion::Failure,
            title: "FAILED · shop".to_owned(),
            summary: "## FAILED".to_owned(),
            url: None,
            annotations: (1..=annotations).map(annotation).collect(),
        }
    }

    #[test]
    fn annotations_come_fifty_at_a_time_and_none_is_lost() {
        let github = FakeGitHub::start();
        for (annotations, updates) in [(0, 0), (50, 0), (51, 1), (120, 2)] {
            let before = github.count("PATCH", "check-runs");
            client(&github).create_check_run(&run(annotations)).unwrap();
            assert_eq!(github.count("PATCH", "check-runs") - before, updates, "{annotations}");
            let state = github.state();
            let made = state.checks.last().unwrap();
            let lines: Vec<u64> =
                made["output"]["annotations"].as_array().unwrap().iter().filter_map(|one| one["start_line"].as_u64()).collect();
            assert_eq!(lines, (1..=annotations as u64).collect::<Vec<_>>());
            assert_eq!((&made["status"], &made["conclusion"]), (&json!("completed"), &json!("failure")));
        }
    }

    #[test]
    fn it_is_made_once_and_a_missing_right_is_named() {
        let github = FakeGitHub::start();
        github.state().faults.push(Fault { done: true, ..Fault::of("POST", "check-runs", 502, "Bad Gateway") });
        assert!(client(&github).create_check_run(&run(0)).is_err());
        assert_eq!(github.count("POST", "check-runs"), 1);
        github.state().faults.push(Fault::of("POST", "check-runs", 403, "Resource not accessible by integration"));
        let error = client(&github).create_check_run(&run(0)).unwrap_err().to_string();
        assert!(
            error.contains("failed to make the check run") && error.contains("add `checks: write` to the job's `permissions:`"),
            "{error}"
        );
    }
}
