//! `loadline base`.

use std::path::Path;
use std::process::ExitCode;

use super::args::{BaseArgs, BaseFormatArg, ComparisonArg};
use super::console;
use super::failure::Failure;
use crate::conduct::{Base, BaseMode, BaseQuestion, BaseWish, RunContext, default_branch};
use crate::github::{Access, Client, Event};
use crate::publish::output_lines;
use crate::text::plain;

/// Finds what a change is compared with, and prints it.
pub(super) fn base(args: &BaseArgs) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let folder = Path::new(".");
    let wish = match args.base.as_str() {
        "auto" => BaseWish::Auto,
        "merge-base" => BaseWish::MergeBase,
        "none" => BaseWish::None,
        name => BaseWish::Commit(name.to_owned()),
    };
    // Without a token only what git and the event say is known.
    let github = Access::read(&variable).ok().and_then(|access| Client::new(access).ok());
    let question = BaseQuestion {
        wish: &wish,
        paired: matches!(args.comparison, ComparisonArg::Auto | ComparisonArg::Paired),
        event: &Event::read(&variable),
        context: &RunContext::read(&variable, folder),
        default_branch: default_branch(&variable, folder),
        folder,
        github: github.as_ref(),
    };
    let base = question.answer().map_err(|error| Failure::usage(Failure::chain(&error)))?;
    for step in &base.why {
        console::complain(&format!("base: {}\n", plain(step)));
    }
    console::complain(&format!("base: {}\n", base.base_sha.as_deref().unwrap_or("none")));
    let text = match args.format {
        BaseFormatArg::Json => serde_json::to_string_pretty(&base).map_or_else(|_| String::new(), |text| text + "\n"),
        BaseFormatArg::Outputs => outputs(base),
    };
    console::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn outputs(base: Base) -> String {
    let mode = match base.mode {
        BaseMode::Paired => "paired",
        BaseMode::History => "history",
        BaseMode::None => "none",
    };
    let text = |text: Option<String>| text.map(|text| plain(&text).into_owned()).unwrap_or_default();
    output_lines([
        ("mode", mode.to_owned()),
        ("base_sha", text(base.base_sha)),
        ("head_sha", text(base.head_sha)),
        ("tested_sha", text(base.tested_sha)),
        ("branch", text(base.branch)),
        ("base_branch", text(Some(base.base_branch))),
        ("pull_request", base.pull_request.map(|number| number.to_string()).unwrap_or_default()),
        ("trusted", base.trusted.to_string()),
        ("ancestors", base.ancestors.join(",")),
        ("accepted_by", text(base.accepted_by)),
        ("why", text(Some(base.why.join("; ")))),
    ])
}
