//! What `loadline publish` sets on the commit under test, where it is asked to: a status, a check run.

use super::console;
use super::publish::Publishing;
use crate::github::{CheckAnnotation, CheckConclusion, CheckRun, Client, CommitState, CommitStatus, GitHubError};
use crate::record::Verdict;
use crate::report::{self, Annotation, Place};
use crate::text::plain;

/// What stands there where a run left no record.
const NOTHING_MEASURED: &str = "ERROR · the load test measured nothing";
/// What stands there once a later run did.
const RUNS_AGAIN: &str = "The load test runs again";
/// Said first where a failure fails nothing.
const REPORTED: &str = "reported only";

impl Publishing<'_> {
    /// Without a client it is printed instead.
    pub(super) fn status(&self, client: Option<&Client>) -> Result<(), GitHubError> {
        let state = match self.worst() {
            Some(Verdict::Passed) => CommitState::Success,
            Some(Verdict::Failed) if self.args.report_only => CommitState::Success,
            Some(Verdict::Failed) => CommitState::Failure,
            Some(Verdict::Invalid | Verdict::Interrupted) | None => CommitState::Error,
        };
        let status = CommitStatus { state, context: name(&self.suite()), description: self.line(), url: self.options.run_url.clone() };
        let Some(client) = client else {
            let _ = console::print(&format!("status: {} {}\n", status.state.name(), plain(&status.description)));
            return Ok(());
        };
        self.commit_under_test().map_or(Ok(()), |sha| client.set_status(&sha, &status))
    }

    /// What a run that measured nothing has set on this commit has a name of its own, and would stay.
    pub(super) fn resolve_on_commit(&self, client: &Client) -> Result<(), GitHubError> {
        let Some(sha) = self.commit_under_test() else { return Ok(()) };
        let (name, said, url) = (name(&self.job), RUNS_AGAIN.to_owned(), self.options.run_url.clone());
        if self.args.status {
            let (context, description, url) = (name.clone(), said.clone(), url.clone());
            client.set_status(&sha, &CommitStatus { state: CommitState::Success, context, description, url })?;
        }
        if self.args.check_run {
            let (conclusion, summary) = (CheckConclusion::Success, said.clone());
            client.create_check_run(&CheckRun { name, sha, conclusion, title: said, summary, url, annotations: Vec::new() })?;
        }
        Ok(())
    }

    /// With all annotations that have a place in a file of the repository; its summary has the rest. Without a client it is printed instead.
    pub(super) fn check_run(&self, client: Option<&Client>, annotations: &[Annotation]) -> Result<(), GitHubError> {
        let Some(sha) = self.commit_under_test() else { return Ok(()) };
        let of_repository = |place: &&Place| !place.file.starts_with('/') && !place.file.split('/').any(|part| part == "..");
        let annotation = |Annotation { place, fails, title, message }: &Annotation| {
            let Place { file, line, .. } = place.as_ref().filter(of_repository)?;
            Some(CheckAnnotation { path: file.clone(), line: *line, fails: *fails, title: title.clone(), message: message.clone() })
        };
        let run = CheckRun {
            name: name(&self.suite()),
            sha,
            conclusion: match self.worst() {
                Some(Verdict::Passed) => CheckConclusion::Success,
                Some(Verdict::Failed) if self.args.report_only => CheckConclusion::Neutral,
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
        match self.worst() {
            None => NOTHING_MEASURED.to_owned(),
            Some(Verdict::Failed) if self.args.report_only => format!("{REPORTED}: {}", report::verdict_line(&self.records)),
            Some(_) => report::verdict_line(&self.records),
        }
    }

    /// Of a pull request its head: what `GITHUB_SHA` names is the merge commit that GitHub makes of it.
    fn commit_under_test(&self) -> Option<String> {
        let head = self.event.pull_request.as_ref().map(|pull_request| pull_request.head_sha.clone());
        head.or_else(|| (self.variable)("GITHUB_SHA"))
    }
}

/// A status or check run replaces one of the same name on the same commit, so each suite has a name of its own.
fn name(suite: &str) -> String {
    format!("loadline/{}", plain(suite))
}
