//! What is run: scenario files, an address, or the built-in demo.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{OverrideArgs, PairedArgs, RequestArgs, RunArgs};
use super::console;
use super::failure::Failure;
use super::lines;
use crate::config::{Base, Overrides, ProcessEnv};
use crate::demo;
use crate::plan::{self, CompileOptions, Loaded, Plan, PortPlan, ReadyPlan, ReadyProbe, ServicePlan, UrlRun};
use crate::text::{Diagnostic, Severity, render, render_styled};
use crate::units::Micros;

/// The scenario that is run where none is named.
const DEFAULT_FILE: &str = "loadline.yml";

/// A scenario that is ready to run.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) plan: Arc<Plan>,
    /// The file or address, as a `loadline run` line names it.
    pub(super) name: String,
}

/// Everything that is to be run. All of it is validated before the first load is sent.
pub(super) fn read(args: &RunArgs) -> Result<Vec<Input>, Failure> {
    let urls = args.inputs.iter().filter(|input| is_address(input)).count();
    if urls > 0 && args.inputs.len() > 1 {
        return Err(Failure::usage("an address is run alone\n  run it by itself, or write a scenario with several requests"));
    }
    let RequestArgs { method, headers, body, insecure } = &args.request;
    if urls == 0 && (method.is_some() || body.is_some() || *insecure || lines::all(headers).next().is_some()) {
        return Err(Failure::usage(
            "`--method`, `--header`, `--body` and `--insecure` belong to an address\n  a scenario says itself what it sends, and to whom: put them there",
        ));
    }
    if args.demo && args.paired.budget.is_some() {
        return Err(Failure::usage("`--budget` belongs to paired mode, and the demo has nothing beside it\n  leave it out"));
    }
    if args.demo {
        return Ok(vec![Input { plan: Arc::new(demo_plan(args)?), name: "--demo".to_owned() }]);
    }
    if urls == 1 {
        let loaded = plan::from_url(&url_run(args)?, &ProcessEnv::current());
        return Ok(vec![Input { plan: Arc::new(accepted(vec![loaded])?.remove(0)), name: args.inputs[0].clone() }]);
    }
    let files = files(&args.inputs.iter().map(PathBuf::from).collect::<Vec<_>>())?;
    let overrides = Overrides { base: base(args)?, budget: args.paired.budget, ..overrides_of(args) };
    let process = ProcessEnv::current();
    let loaded = files.iter().map(|file| plan::load(file, &overrides, &process, CompileOptions { strict_env: true })).collect();
    let names = files.iter().map(|file| file.display().to_string());
    Ok(accepted(loaded)?.into_iter().zip(names).map(|(plan, name)| Input { plan: Arc::new(plan), name }).collect())
}

/// The files that are named, or the one that is meant when none is.
pub(super) fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    if Path::new(DEFAULT_FILE).exists() {
        return Ok(vec![PathBuf::from(DEFAULT_FILE)]);
    }
    Err(Failure::usage(format!(
        "there is no {DEFAULT_FILE} in this folder, and no scenario was named\n\
         \x20 loadline run --demo                          see it all in ten seconds\n\
         \x20 loadline run http://127.0.0.1:8000/ -n 100   load one address\n\
         \x20 loadline run scenarios/shop.yml              run a scenario file"
    )))
}

/// The options that replace parts of a scenario.
pub(super) fn overrides(args: &OverrideArgs) -> Overrides {
    Overrides {
        target: args.target.clone(),
        users: args.users,
        spawn_rate: args.spawn_rate,
        duration: args.duration,
        warmup: args.warmup,
        iterations: args.iterations,
        rate: args.rate,
        max_users: args.max_users,
        profile: args.profile.clone(),
        environment: args.environment.clone(),
        env_file: args.env_file.clone(),
        vars: lines::all(&args.vars).cloned().collect(),
        seed: args.seed,
        timeout: args.timeout,
        thresholds: Vec::new(),
        regressions: Vec::new(),
        base: None,
        budget: None,
    }
}

/// The same with what decides a run.
fn overrides_of(args: &RunArgs) -> Overrides {
    Overrides {
        thresholds: lines::all(&args.judging.thresholds).cloned().collect(),
        regressions: lines::all(&args.judging.policy.regressions).cloned().collect(),
        ..overrides(&args.overrides)
    }
}

/// What the options compare with, where they do.
fn base(args: &RunArgs) -> Result<Option<Base>, Failure> {
    let PairedArgs { base, base_dir, base_command, budget } = args.paired.clone();
    let base = Base { url: base, folder: base_dir, command: base_command };
    if base == Base::default() {
        let unused = "`--budget` belongs to paired mode\n  name what to compare with: `--base`, `--base-dir` or `--base-command`";
        return if budget.is_some() { Err(Failure::usage(unused)) } else { Ok(None) };
    }
    for (given, name) in [
        (args.overrides.duration.is_some(), "--duration"),
        (args.overrides.warmup.is_some(), "--warmup"),
        (args.overrides.spawn_rate.is_some(), "--spawn-rate"),
    ] {
        if given {
            return Err(Failure::usage(format!(
                "`{name}` does not apply in paired mode, which `{}` asks for\n  no load was sent; `--budget` says how long it takes",
                base.option()
            )));
        }
    }
    Ok(Some(base))
}

/// Diagnostics as they are printed, one blank line between them.
pub(super) fn rendered(diagnostics: &[Diagnostic]) -> String {
    if console::complains_in_colour() { render_styled(diagnostics) } else { render(diagnostics) }
}

/// The plans, once all of them are right; problems of all of them otherwise.
pub(super) fn accepted(loaded: Vec<Result<Loaded, Vec<Diagnostic>>>) -> Result<Vec<Plan>, Failure> {
    let (mut plans, mut problems) = (Vec::new(), Vec::new());
    for result in loaded {
        match result {
            Ok(loaded) => {
                // Notes are for `check`; what could make a run other than meant is said here too.
                let warnings: Vec<Diagnostic> = loaded.notes.into_iter().filter(|note| note.severity == Severity::Warning).collect();
                if !warnings.is_empty() {
                    console::complain(&rendered(&warnings));
                }
                plans.push(loaded.plan);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        return Ok(plans);
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let count = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
    Err(Failure::diagnosed(format!("{}{count}; no load was sent\n", rendered(&problems))))
}

/// Whether an input is an address, and no file.
pub(super) fn is_address(input: &str) -> bool {
    let lower = input.to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return true;
    }
    // `127.0.0.1:8000/health`, as curl takes it; a file of that name wins.
    let host = input.split('/').next().unwrap_or_default();
    let has_port = host.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    has_port && !Path::new(input).exists()
}

fn url_run(args: &RunArgs) -> Result<UrlRun, Failure> {
    let overrides = &args.overrides;
    for (given, name) in [
        (overrides.target.is_some(), "--target"),
        (overrides.profile.is_some(), "--profile"),
        (overrides.environment.is_some(), "--environment"),
        (overrides.env_file.is_some(), "--env-file"),
        (lines::all(&overrides.vars).next().is_some(), "--var"),
    ] {
        if given {
            return Err(Failure::usage(format!("`{name}` belongs to a scenario file, and an address is run here\n  leave it out")));
        }
    }
    let headers = lines::all(&args.request.headers).map(|header| match header.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(Failure::usage("a `--header` is no header\n  write `--header 'name: value'`")),
    });
    let default_method = if args.request.body.is_some() { "POST" } else { "GET" };
    Ok(UrlRun {
        url: args.inputs[0].clone(),
        method: args.request.method.clone().unwrap_or_else(|| default_method.to_owned()),
        headers: headers.collect::<Result<_, _>>()?,
        body: args.request.body.clone(),
        insecure: args.request.insecure,
        users: overrides.users,
        iterations: overrides.iterations,
        rate: overrides.rate,
        max_users: overrides.max_users,
        duration: overrides.duration,
        warmup: overrides.warmup,
        timeout: overrides.timeout,
        spawn_rate: overrides.spawn_rate,
        base: base(args)?,
        budget: args.paired.budget,
        thresholds: lines::all(&args.judging.thresholds).cloned().collect(),
        regressions: lines::all(&args.judging.policy.regressions).cloned().collect(),
        seed: overrides.seed,
    })
}

/// The bundled scenario, with this very program as the service.
fn demo_plan(args: &RunArgs) -> Result<Plan, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::trouble(format!("failed to find this program: {error}")))?;
    let mut overrides = overrides_of(args);
    // The port is known when the service starts; until then the address only has to be one.
    overrides.vars.push(("PORT".to_owned(), "0".to_owned()));
    let loaded = plan::from_text(
        "demo.yml",
        demo::SCENARIO,
        Path::new("."),
        &overrides,
        &ProcessEnv::current(),
        CompileOptions { strict_env: true },
    );
    let mut plan = accepted(vec![loaded])?.remove(0);
    plan.target = "http://127.0.0.1:${PORT}".to_owned();
    plan.service = Some(ServicePlan {
        command: Some(format!("exec {} demo --listen 127.0.0.1:${{PORT}}", quoted(&program.display().to_string()))),
        build: None,
        stop: None,
        folder: PathBuf::from("."),
        port: PortPlan::Auto,
        env: Vec::new(),
        ready: Some(ReadyPlan { probe: ReadyProbe::Get("/health".to_owned()), within: Micros::from_secs(30) }),
        monitor: true,
    });
    Ok(plan)
}

/// A word of a shell's command line.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_files() {
        for address in ["http://x/", "HTTPS://x", "127.0.0.1:8000", "localhost:80/health?x=1", "[::1]:8000/"] {
            assert!(is_address(address), "{address}");
        }
        for file in ["loadline.yml", "scenarios/shop.yml", "c:x.yml", "shop", ":80"] {
            assert!(!is_address(file), "{file}");
        }
    }

    #[test]
    fn words_survive_a_shell() {
        for (text, word) in [("a/b.yml", "a/b.yml"), ("it's", r"'it'\''s'"), ("", "''"), ("$(x)", "'$(x)'")] {
            assert_eq!(quoted(text), word);
        }
    }
}
