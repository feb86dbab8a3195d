//! `loadline publish`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{CommentArg, PublishArgs};
use super::console;
use super::failure::Failure;
use super::fork;
use super::workspace::within;
use crate::conduct::folder_in_repository;
use crate::github::{Access, Client, Event, GitHubError, PullRequest};
use crate::publish::{append, existing, output_lines, post};
use crate::record::{ComparisonVerdict, Contrast, ContrastVerdict, Record, Verdict};
use crate::report::{self, Annotation, CommentOptions, Place, comment_marker, comment_state, is_of_attempt};
use crate::text::plain;

/// What an interrupted run exits with.
const INTERRUPTED: u8 = 130;

/// Said where a workflow of a fork's pull request asks for more than its token may do.
const NO_RIGHT: &str = "a pull request from a fork has no right to comment or to set a status: \
    a workflow on `workflow_run` posts its report, see docs/github.md";

/// Said where the workflow of a fork was interrupted, mostly by a newer commit.
const CANCELLED: &str = "the fork's own workflow was cancelled, which says nothing about the change: the comment stays as it is";

/// Said where all jobs of it were skipped, or where somebody has to let it run first.
const NOT_RUN: &str = "the fork's own workflow did not run: it was skipped, or waits for an approval; the comment stays as it is";

/// Posts a report. That something can't be posted is a warning: the verdict is there all the same.
pub(super) fn publish(args: &PublishArgs) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let event = Event::read(&variable);
    let options = CommentOptions {
        suite: args.suite.clone(),
        artifact_url: args.artifact_url.clone(),
        run_url: run_url(&variable),
        attempt: attempt(&variable),
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

/// Names this attempt at this run of the workflow: `42/1`.
fn attempt(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    Some(format!("{}/{}", variable("GITHUB_RUN_ID")?, variable("GITHUB_RUN_ATTEMPT").as_deref().unwrap_or("1")))
}

/// One report on its way to everywhere.
pub(super) struct Publishing<'a> {
    pub(super) args: &'a PublishArgs,
    pub(super) event: &'a Event,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) records: Vec<Record>,
    pub(super) options: CommentOptions,
    /// Names the comment, status and check run of a run that left no record.
    pub(super) job: String,
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
        let nothing_ran = match run.conclusion.as_str() {
            "cancelled" => Some(CANCELLED),
            "skipped" | "action_required" => Some(NOT_RUN),
            _ => None,
        };
        if let Some(why) = nothing_ran {
            self.say("notice", why);
            return Ok(ExitCode::SUCCESS);
        }
        let Some(client) = self.warn(Access::read(self.variable).and_then(Client::new)) else { return Ok(ExitCode::SUCCESS) };
        let Some(found) = self.warn(client.pull_of_run(run)) else { return Ok(ExitCode::SUCCESS) };
        let Some(pull_request) = found else {
            self.say("notice", "no open pull request has the commit that was measured at its head: it has moved on, or is closed");
            return Ok(ExitCode::SUCCESS);
        };
        let accepted_by = self.warn(client.accepted_by(pull_request.number)).flatten();
        let known = fork::Known { base_branch: &pull_request.base_branch, head: &run.head_sha, accepted_by: accepted_by.as_deref() };
        let judged = fork::judge(self.args, files, &known)?;
        judged.problems.iter().for_each(|problem| self.say("warning", problem));
        if judged.interrupted {
            self.say("notice", CANCELLED);
            return Ok(ExitCode::SUCCESS);
        }
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
        let annotations = self.annotations();
        let _ = console::print(&report::annotation_commands(&annotations));
        let pull_request = self.event.pull_request.as_ref();
        let foreign = pull_request.is_some_and(PullRequest::is_foreign);
        let commented = pull_request.filter(|_| self.args.comment != CommentArg::Never && !self.is_interrupted());
        let wanted = commented.is_some() || self.args.status || self.args.check_run;
        if foreign && wanted {
            self.say("notice", NO_RIGHT);
        }
        let reachable = wanted && !foreign && !self.args.dry_run;
        let client = reachable.then(|| self.warn(Access::read(self.variable).and_then(Client::new))).flatten();
        let mut url = None;
        if !foreign && (self.args.dry_run || client.is_some()) {
            let client = client.as_ref();
            url = commented.and_then(|pull_request| self.warn(self.comment(client, pull_request.number)).flatten());
            if self.args.status {
                self.warn(self.status(client));
            }
            if self.args.check_run {
                self.warn(self.check_run(client, &annotations));
            }
        }
        self.outputs(url);
    }

    /// What failed, at files as the repository calls them.
    fn annotations(&self) -> Vec<Annotation> {
        let here = folder_in_repository(Path::new("."));
        let placed = |place: Place| Place { file: within(&here, &place.file), ..place };
        let of_repository = |annotation: Annotation| Annotation { place: annotation.place.map(placed), ..annotation };
        Annotation::of(&self.records).into_iter().map(of_repository).collect()
    }

    /// Without a client it is printed instead, as `--dry-run` wants it.
    fn comment(&self, client: Option<&Client>, number: u64) -> Result<Option<String>, GitHubError> {
        let suite = self.suite();
        let options = CommentOptions { suite: Some(suite.clone()), ..self.options.clone() };
        let Some(client) = client else {
            let _ = console::print(&self.body(&options));
            return Ok(None);
        };
        let found = existing(client, number, &comment_marker(&suite))?;
        let was_well = found.as_ref().and_then(|comment| comment_state(&comment.body)).is_none_or(|state| state == "passed");
        let is_wanted = found.is_some() || self.args.comment != CommentArg::Changes || self.is_notable();
        let posted = is_wanted.then(|| {
            let body = self.body(&CommentOptions { resolved: !was_well, ..options });
            post(client, number, found.as_ref(), &body)
        });
        let url = posted.transpose()?.map(|posted| posted.url);
        if !self.records.is_empty() && self.options.suite.is_none() {
            self.resolve_notice(client, number)?;
        }
        if let Some(url) = &url {
            console::print(&format!("comment: {}\n", plain(url))).ok();
        }
        Ok(url)
    }

    /// What this report is called wherever it is posted: as somebody named it, by its scenarios, or by the job where there is
    /// no record to name any.
    pub(super) fn suite(&self) -> String {
        self.options.suite.clone().unwrap_or_else(|| match self.records.as_slice() {
            [] => self.job.clone(),
            records => report::suite(records),
        })
    }

    fn body(&self, options: &CommentOptions) -> String {
        match self.records.as_slice() {
            [] => report::notice(self.args.exit_code, false, options),
            records => report::markdown_comment(records, options),
        }
    }

    /// A comment that said that nothing was measured is out of date now, and so is a status: unless this very run says so, of
    /// another leg of the matrix.
    fn resolve_notice(&self, client: &Client, number: u64) -> Result<(), GitHubError> {
        let Some(comment) = existing(client, number, &comment_marker(&self.job))? else { return Ok(()) };
        let is_of_this_run = self.options.attempt.as_deref().is_some_and(|attempt| is_of_attempt(&comment.body, attempt));
        if is_of_this_run || comment_state(&comment.body) != Some("error") {
            return Ok(());
        }
        let options = CommentOptions { suite: Some(self.job.clone()), ..self.options.clone() };
        post(client, number, Some(&comment), &report::notice(None, true, &options))?;
        // Of a fork no status was set, and GITHUB_SHA is a commit of this repository.
        if self.options.from_fork { Ok(()) } else { self.resolve_on_commit(client) }
    }

    fn summary(&self) {
        let text = match self.records.as_slice() {
            [] => report::notice(self.args.exit_code, false, &self.options),
            records => report::job_summary(records),
        };
        self.write("GITHUB_STEP_SUMMARY", &text);
    }

    fn outputs(&self, comment: Option<String>) {
        let verdict = match (self.worst(), self.args.exit_code) {
            (Some(verdict), _) => verdict.to_string(),
            (None, Some(3)) => Verdict::Invalid.to_string(),
            (None, Some(INTERRUPTED)) => Verdict::Interrupted.to_string(),
            (None, _) => "error".to_owned(),
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

    /// What was interrupted, mostly by a newer commit, says nothing about the change: the comment stays as it is.
    fn is_interrupted(&self) -> bool {
        match self.worst() {
            Some(verdict) => verdict == Verdict::Interrupted,
            None => self.args.exit_code == Some(INTERRUPTED),
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
