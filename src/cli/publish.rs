//! `loadline publish`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{CommentArg, PublishArgs};
use super::console;
use super::failure::Failure;
use super::fork;
use crate::github::{Access, Client, CommitState, CommitStatus, Event, GitHubError};
use crate::publish::{append, existing, output_lines, post};
use crate::record::{ComparisonVerdict, Contrast, ContrastVerdict, Record, Verdict};
use crate::report::{self, CommentOptions, comment_marker, comment_state};
use crate::text::plain;

/// Posts a report. That something can't be posted is a warning: the verdict is there all the same.
pub(super) fn publish(args: &PublishArgs) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let event = Event::read(&variable);
    let options = CommentOptions {
        suite: args.suite.clone(),
        artifact_url: args.artifact_url.clone(),
        run_url: run_url(&variable),
        ..CommentOptions::default()
    };
    let job = format!("{}/{}", variable("GITHUB_WORKFLOW").unwrap_or_default(), variable("GITHUB_JOB").unwrap_or_default());
    let publishing = Publishing { args, event: &event, variable: &variable, records: Vec::new(), options, job };
    let files = records_in(&args.folder);
    if args.from_fork || event.name == "workflow_run" {
        return publishing.second_stage(&files);
    }
    let records = files.iter().map(|file| super::report::read_record(file)).collect::<Result<_, _>>()?;
    Publishing { records, ..publishing }.all();
    Ok(ExitCode::SUCCESS)
}

/// The records of a report folder; none where the run never came to write one.
fn records_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => Vec::new(),
    };
    files.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == "record.json" || (name.starts_with("record-") && name.ends_with(".json"))
    });
    files.sort();
    files
}

/// The page of this run of the workflow.
fn run_url(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (server, repository, run) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
    Some(format!("{server}/{repository}/actions/runs/{run}"))
}

/// One report on its way to everywhere.
struct Publishing<'a> {
    args: &'a PublishArgs,
    event: &'a Event,
    variable: &'a dyn Fn(&str) -> Option<String>,
    records: Vec<Record>,
    options: CommentOptions,
    /// Names the comment of a run that left no record.
    job: String,
}

impl Publishing<'_> {
    /// Of a fork: comment and summary alone. The pull request is found by what GitHub says of the run that measured, and
    /// what it measured is judged by what is checked out here.
    fn second_stage(mut self, files: &[PathBuf]) -> Result<ExitCode, Failure> {
        let Some(run) = &self.event.workflow_run else {
            return Err(Failure::usage(format!(
                "`--from-fork` belongs into a workflow on `workflow_run`, and the event is `{}`\n  nothing was posted; see docs/github.md",
                plain(&self.event.name)
            )));
        };
        if run.event != "pull_request" {
            self.say("notice", "the workflow that ended was not of a pull request: there is nothing to post");
            return Ok(ExitCode::SUCCESS);
        }
        let Some(client) = self.warn(Access::read(self.variable).and_then(Client::new)) else { return Ok(ExitCode::SUCCESS) };
        let Some(found) = self.warn(client.pull_of_run(run)) else { return Ok(ExitCode::SUCCESS) };
        let Some(pull_request) = found else {
            self.say("notice", "no open pull request has the commit that was measured at its head: it has moved on, or is closed");
            return Ok(ExitCode::SUCCESS);
        };
        let judged = fork::judge(self.args, files, &pull_request.base_branch, &run.head_sha)?;
        judged.problems.iter().for_each(|problem| self.say("warning", problem));
        self.options.from_fork = true;
        self.options.run_url = Some(run.url.clone());
        self.records = judged.records;
        self.summary();
        let client = (!self.args.dry_run).then_some(&client);
        let comments = self.args.comment != CommentArg::Never;
        let url = comments.then(|| self.warn(self.comment(client, pull_request.number))).flatten().flatten();
        self.outputs(url);
        Ok(ExitCode::SUCCESS)
    }

    fn all(&self) {
        self.summary();
        let _ = console::print(&report::annotations(&self.records));
        let client = if self.args.dry_run { None } else { self.client() };
        let mut url = None;
        if let Some(number) = self.pull_request() {
            url = self.warn(self.comment(client.as_ref(), number)).flatten();
        }
        if self.args.status {
            self.warn(self.status(client.as_ref()));
        }
        self.outputs(url);
    }

    /// The pull request to comment on.
    fn pull_request(&self) -> Option<u64> {
        let pull_request = self.event.pull_request.as_ref()?;
        if self.args.comment == CommentArg::Never {
            return None;
        }
        if pull_request.is_foreign() {
            self.say(
                "notice",
                "a pull request from a fork has no right to comment: a workflow on `workflow_run` posts its report, see docs/github.md",
            );
            return None;
        }
        Some(pull_request.number)
    }

    /// None, with a warning, where there is no way to GitHub; not asked for where nothing needs it.
    fn client(&self) -> Option<Client> {
        let needed = self.args.status || (self.args.comment != CommentArg::Never && self.event.pull_request.is_some());
        let client = needed.then(|| Access::read(self.variable).and_then(Client::new))?;
        self.warn(client)
    }

    fn comment(&self, client: Option<&Client>, number: u64) -> Result<Option<String>, GitHubError> {
        let suite = self.options.suite.clone().unwrap_or_else(|| match self.records.as_slice() {
            [] => self.job.clone(),
            records => report::suite(records),
        });
        let options = CommentOptions { suite: Some(suite.clone()), ..self.options.clone() };
        let Some(client) = client else {
            if self.args.dry_run {
                let _ = console::print(&self.body(&options));
            }
            return Ok(None);
        };
        let found = existing(client, number, &comment_marker(&suite))?;
        let was_well = found.as_ref().and_then(|comment| comment_state(&comment.body)).is_none_or(|state| state == "passed");
        if found.is_none() && self.args.comment == CommentArg::Changes && !self.is_notable() {
            return Ok(None);
        }
        let posted = post(client, number, found.as_ref(), &self.body(&CommentOptions { resolved: !was_well, ..options }))?;
        if !self.records.is_empty() && self.options.suite.is_none() {
            self.resolve_notice(client, number)?;
        }
        console::print(&format!("comment: {}\n", plain(&posted.url))).ok();
        Ok(Some(posted.url))
    }

    fn body(&self, options: &CommentOptions) -> String {
        match self.records.as_slice() {
            [] => report::notice(self.args.exit_code, false, options),
            records => report::markdown_comment(records, options),
        }
    }

    /// A comment that said that nothing was measured is out of date now.
    fn resolve_notice(&self, client: &Client, number: u64) -> Result<(), GitHubError> {
        let options = CommentOptions { suite: Some(self.job.clone()), ..self.options.clone() };
        if let Some(comment) = existing(client, number, &comment_marker(&self.job))?
            && comment_state(&comment.body) == Some("error")
        {
            post(client, number, Some(&comment), &report::notice(None, true, &options))?;
        }
        Ok(())
    }

    fn status(&self, client: Option<&Client>) -> Result<(), GitHubError> {
        let (state, description) = match self.records.as_slice() {
            [] => (CommitState::Error, "ERROR · the load test measured nothing".to_owned()),
            records => {
                let state = match Verdict::worst(records.iter().map(|record| record.summary.verdict)) {
                    Verdict::Passed => CommitState::Success,
                    Verdict::Failed => CommitState::Failure,
                    Verdict::Invalid | Verdict::Interrupted => CommitState::Error,
                };
                (state, report::verdict_line(records))
            }
        };
        let head = self.event.pull_request.as_ref().map(|pull_request| pull_request.head_sha.clone());
        let Some(sha) = head.or_else(|| (self.variable)("GITHUB_SHA")) else { return Ok(()) };
        let context = self.options.suite.as_ref().map_or_else(|| "loadline".to_owned(), |suite| format!("loadline/{suite}"));
        let status = CommitStatus { state, context, description, url: self.options.run_url.clone() };
        match client {
            Some(client) => client.set_status(&sha, &status),
            None => {
                let _ = console::print(&format!("status: {} {}\n", status.state.name(), plain(&status.description)));
                Ok(())
            }
        }
    }

    fn summary(&self) {
        let text = match self.records.as_slice() {
            [] => report::notice(self.args.exit_code, false, &self.options),
            records => report::job_summary(records),
        };
        self.write("GITHUB_STEP_SUMMARY", &text);
    }

    fn outputs(&self, comment: Option<String>) {
        let verdict = match self.records.as_slice() {
            [] => "error".to_owned(),
            records => Verdict::worst(records.iter().map(|record| record.summary.verdict)).to_string(),
        };
        let decides = |contrast: &&Contrast| contrast.judged && contrast.verdict == ContrastVerdict::Regressed;
        let comparisons = self.records.iter().filter_map(|record| record.comparison.as_ref()).filter(|comparison| !comparison.advisory);
        let regressions = comparisons.flat_map(|comparison| &comparison.contrasts).filter(decides).count();
        let file = |name: &str| Some(self.args.folder.join(name)).filter(|path| path.exists()).map(|path| path.display().to_string());
        let lines = output_lines([
            ("verdict", verdict),
            ("regressions", regressions.to_string()),
            ("record", file("record.json").unwrap_or_default()),
            ("report", file("report.html").unwrap_or_default()),
            ("comment-url", comment.unwrap_or_default()),
        ]);
        self.write("GITHUB_OUTPUT", &lines);
    }

    /// Adds text to a file of the runner, or prints it where there is none and nothing is to be posted.
    fn write(&self, variable: &str, text: &str) {
        match (self.variable)(variable) {
            Some(_) | None if self.args.dry_run => {
                let _ = console::print(text);
            }
            Some(path) => {
                if let Err(error) = append(Path::new(&path), text) {
                    self.say("warning", &format!("failed to write to {variable}: {error}"));
                }
            }
            None => {}
        }
    }

    /// Whether there is anything to tell somebody who only wants to hear of changes.
    fn is_notable(&self) -> bool {
        let changed = |record: &Record| {
            let comparison = record.comparison.as_ref().map(|comparison| comparison.verdict);
            record.summary.verdict != Verdict::Passed
                || matches!(comparison, Some(ComparisonVerdict::Regressed | ComparisonVerdict::Improved))
        };
        self.records.is_empty() || self.records.iter().any(changed)
    }

    fn warn<T>(&self, result: Result<T, GitHubError>) -> Option<T> {
        result.map_err(|error| self.say("warning", &Failure::chain(&error))).ok()
    }

    /// On the workflow's own page where there is one.
    fn say(&self, command: &str, text: &str) {
        if (self.variable)("GITHUB_ACTIONS").as_deref() == Some("true") {
            let _ = console::print(&report::workflow_command(command, "loadline", text));
        } else {
            console::complain(&format!("{command}: {text}\n"));
        }
    }
}
