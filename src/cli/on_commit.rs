//! What `loadline publish` sets on the commit under test, where it is asked to: a status, a check run.

use super::console;
use super::publish::Publishing;
use crate::github::{CheckAnnotation, CheckConclusion, CheckRun, Client, CommitState, CommitStatus, GitHubError};
use crate::record::Verdict;
use crate::report::{self, Annotation, Place};
use crate::text::plain;

/// What stands there where a run left no record.
const NOTHING_MEASURED: &str = "ERROR · the load test measured nothing";

impl Publishing<'_> {
    /// Without a client it is printed instead.
    pub(super) fn status(&self, client: Option<&Client>) -> Result<(), GitHubError> {
        let state = match self.worst() {
            Some(Verdict::Passed) => CommitState::Success,
            Some(Verdict::Failed) => CommitState::Failure,
            Some(Verdict::Invalid | Verdict::Interrupted) | None => CommitState::Error,
        };
        let status = CommitStatus { state, context: self.name_on_commit(), description: self.line(), url: self.options.run_url.clone() };
        let Some(client) = client else {
            let _ = console::print(&format!("status: {} {}\n", status.state.name(), plain(&status.description)));
            return Ok(());
        };
        self.commit_under_test().map_or(Ok(()), |sha| client.set_status(&sha, &status))
    }

    /// With all annotations whose file is one of the repository. Without a client it is printed instead.
    pub(super) fn check_run(&self, client: Option<&Client>, annotations: &[Annotation]) -> Result<(), GitHubError> {
        let Some(sha) = self.commit_under_test() else { return Ok(()) };
        let of_repository = |place: &&Place| !place.file.starts_with('/') && !place.file.split('/').any(|part| part == "..");
        let annotation = |Annotation { place, fails, title, message }: &Annotation| {
            let Place { file, line, .. } = place.as_ref().filter(of_repository)?;
            Some(CheckAnnotation { path: file.clone(), line: *line, fails: *fails, title: title.clone(), message: message.clone() })
        };
        let run = CheckRun {
            name: self.name_on_commit(),
            sha,
            conclusion: match self.worst() {
                Some(Verdict::Passed) => CheckConclusion::Success,
                Some(Verdict::Failed | Verdict::Invalid) | None => CheckConclusion::Failure,
                Some(Verdict::Interrupted) => CheckConclusion::Cancelled,
            },
            title: self.line(),
            summary: match self.records.as_slice() {
                [] => report::notice(self.args.exit_code, false, &self.options),
                records => report::check_summary(records),
            },
            url: self.options.run_url.clone(),
            annotations: annotations.iter().filter_map(annotation).collect(),
        };
        match client {
            Some(client) => client.create_check_run(&run),
            None => {
                let _ = console::print(&format!("check run: {} {}\n", run.conclusion.name(), plain(&run.title)));
                Ok(())
            }
        }
    }

    /// None where a run left no record.
    pub(super) fn worst(&self) -> Option<Verdict> {
        (!self.records.is_empty()).then(|| Verdict::worst(self.records.iter().map(|record| record.summary.verdict)))
    }

    fn line(&self) -> String {
        if self.records.is_empty() { NOTHING_MEASURED.to_owned() } else { report::verdict_line(&self.records) }
    }

    fn name_on_commit(&self) -> String {
        self.options.suite.as_ref().map_or_else(|| "loadline".to_owned(), |suite| format!("loadline/{suite}"))
    }

    /// Of a pull request its head: what `GITHUB_SHA` names is the merge commit that GitHub makes of it.
    fn commit_under_test(&self) -> Option<String> {
        let head = self.event.pull_request.as_ref().map(|pull_request| pull_request.head_sha.clone());
        head.or_else(|| (self.variable)("GITHUB_SHA"))
    }
}
