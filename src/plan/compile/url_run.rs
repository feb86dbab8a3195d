//! A run without a file: one request, over and over.

use std::path::PathBuf;
use std::sync::Arc;

use url::{Position, Url};

use super::super::Target;
use super::compiling::{CompileOptions, compile};
use super::loaded::Loaded;
use crate::config::yaml::Span;
use crate::config::{
    Base, BodyConfig, ClassConfig, LoadConfig, Map, MapEntry, MethodConfig, PairedConfig, ProcessEnv, RequestConfig, Scenario,
    SectionsConfig, Spanned, StepConfig, StepKeys, StepKind, TaskConfig, TaskHead, Text, TlsConfig, Variables, Whole, check_budget,
};
use crate::text::{Diagnostic, Source};
use crate::units::{Micros, Rate};

/// Users where nothing is said.
const USERS: u32 = 10;
/// Load time where nothing is said.
const DURATION: Micros = Micros::from_secs(10);
/// What can be sent.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// One address under load.
#[derive(Debug, Clone, Default)]
pub struct UrlRun {
    /// The address, with path and query.
    pub url: String,
    /// The method; GET where it is empty.
    pub method: String,
    /// Request headers.
    pub headers: Vec<(String, String)>,
    /// The body, sent as it is; behind an `@` the file that holds it. One that is JSON says so, unless a header does.
    pub body: Option<String>,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// How many users; 10 where neither this nor a rate is given.
    pub users: Option<u32>,
    /// How many requests in all.
    pub iterations: Option<u64>,
    /// Requests per second, whatever the answers take.
    pub rate: Option<Rate>,
    /// How many users an open model may have.
    pub max_users: Option<u32>,
    /// For how long; 10 s where neither this nor a number of requests is given.
    pub duration: Option<Micros>,
    /// What comes before it, for how long.
    pub warmup: Option<Micros>,
    /// How long a request may take.
    pub timeout: Option<Micros>,
    /// New users per second.
    pub spawn_rate: Option<Rate>,
    /// What it is compared with side by side, where that was asked for.
    pub base: Option<Base>,
    /// For how long then.
    pub budget: Option<Micros>,
    /// What must hold.
    pub thresholds: Vec<String>,
    /// What counts as a regression.
    pub regressions: Vec<String>,
    /// Where random numbers come from.
    pub seed: Option<u64>,
}

/// Makes a plan of one address. Templates work in it, in headers and in the body; `${VAR}` is the shell's affair.
///
/// # Errors
/// Everything that is wrong with it.
pub fn from_url(run: &UrlRun, process: &ProcessEnv) -> Result<Loaded, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let address = address(&run.url).map_err(|problem| found.push(problem)).ok();
    let method = method(&run.method).map_err(|problem| found.push(problem)).ok();
    let load = load(run).map_err(|problem| found.push(problem)).ok();
    found.extend(run.budget.and_then(|budget| check_budget(budget).err()));
    let (Some((target, path)), Some(method), Some(load)) = (address, method, load) else { return Err(found) };
    if !found.is_empty() {
        return Err(found);
    }
    let name = format!("{method} {path}");
    let says_type = run.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let json_type =
        run.body.as_ref().filter(|body| !says_type && is_json(body)).map(|_| named("content-type", Text::new("application/json")));
    let headers = run.headers.iter().map(|(name, value)| named(name, Text::new(value))).chain(json_type).collect();
    let keys = StepKeys { headers: Some(outside(Map(headers))), ..StepKeys::default() };
    let request = RequestConfig {
        method: outside(MethodConfig(method)),
        path: Scenario::outside(path),
        body: run.body.as_ref().map(|body| match body.strip_prefix('@') {
            Some(file) => BodyConfig::File(Scenario::outside(file)),
            None => BodyConfig::Text(Scenario::outside(body)),
        }),
        keys: Box::new(keys),
    };
    let step = StepConfig { repeat: None, concurrency: None, kind: Some(StepKind::Request(Box::new(request))) };
    let task = TaskConfig { head: TaskHead::default(), steps: vec![outside(step)], single: true };
    let class = ClassConfig { tasks: Some(outside(vec![outside(task)])), ..ClassConfig::default() };
    let sections = SectionsConfig {
        target: Some(Scenario::outside(target)),
        users: Some(outside(Map(vec![named("user", class)]))),
        timeout: run.timeout.map(outside),
        tls: run.insecure.then(|| outside(TlsConfig { insecure: Some(outside(true)), ..TlsConfig::default() })),
        paired: run.budget.map(|budget| outside(PairedConfig { budget: Some(outside(budget)), ..PairedConfig::default() })),
        ..SectionsConfig::default()
    };
    let scenario = Scenario {
        source: Arc::new(Source::new("command line", "")),
        folder: PathBuf::new(),
        name,
        environment: None,
        profile: None,
        sections,
        load: Some(outside(load)),
        base: run.base.clone(),
        thresholds: run.thresholds.clone(),
        regressions: run.regressions.clone(),
        target_given: true,
        keeps_port: false,
        seed: run.seed,
        variables: Variables { process: process.clone(), ..Variables::default() },
        secrets: Default::default(),
        names: Vec::new(),
    };
    let (plan, notes) = compile(&scenario, CompileOptions { strict_env: true })?;
    Ok(Loaded { plan, notes })
}

/// The address without path and query, and those.
fn address(url: &str) -> Result<(String, String), Diagnostic> {
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let wrong = |reason: String| {
        Diagnostic::error(format!("`{}` can't be used: {reason}", Target::masked(url)))
            .help("write an address such as `http://127.0.0.1:8000/`")
    };
    let parsed = Url::parse(&full).map_err(|error| wrong(error.to_string()))?;
    if parsed.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it has no host".to_owned()));
    }
    // The path as it was written: parsing would have encoded the braces of templates.
    let authority = full.find("://").map_or(0, |at| at + 3);
    let end = full[authority..].find(['/', '?', '#']).map_or(full.len(), |at| authority + at);
    let path = full[end..].split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok((parsed[..Position::BeforePath].to_owned(), path))
}

fn method(written: &str) -> Result<&'static str, Diagnostic> {
    let upper = if written.is_empty() { "GET".to_owned() } else { written.to_uppercase() };
    METHODS
        .into_iter()
        .find(|method| *method == upper)
        .ok_or_else(|| Diagnostic::error(format!("there is no method `{written}`")).help(format!("there are `{}`", METHODS.join("`, `"))))
}

fn load(run: &UrlRun) -> Result<LoadConfig, Diagnostic> {
    let problem = match (run.users, run.rate) {
        (Some(_), Some(_)) => Some(("`--users` and `--rate` exclude each other", "`--max-users` bounds the users of an open model")),
        (_, None) if run.max_users.is_some() => {
            Some(("`--max-users` belongs to the open model", "give a `--rate`, or `--users` in place of it"))
        }
        (_, Some(rate)) if rate.0 <= 0.0 => Some(("`--rate` must be above zero", "give a rate such as `50/s`")),
        (_, Some(_)) if run.spawn_rate.is_some() => Some(("`--spawn-rate` does not go with `--rate`", "remove one of them")),
        _ if run.spawn_rate.is_some_and(|rate| rate.0 <= 0.0) => Some(("`--spawn-rate` must be above zero", "give a rate such as `5/s`")),
        _ if run.duration == Some(Micros::ZERO) => Some(("`--duration` must be above zero", "give a duration such as `30s`")),
        _ => None,
    };
    if let Some((message, help)) = problem {
        return Err(Diagnostic::error(message).help(help));
    }
    let users = if run.rate.is_some() { None } else { Some(run.users.unwrap_or(USERS)) };
    let iterations = run.iterations.map(|iterations| Whole::of_option("iterations", iterations)).transpose()?;
    let users = users.map(|users| Whole::of_option("users", u64::from(users))).transpose()?;
    let max_users = run.max_users.map(|most| Whole::of_option("max-users", u64::from(most))).transpose()?;
    let duration = run.duration.or(if run.iterations.is_none() { Some(DURATION) } else { None });
    Ok(LoadConfig {
        users: users.map(outside),
        spawn_rate: run.spawn_rate.map(outside),
        rate: run.rate.map(outside),
        duration: duration.map(outside),
        warmup: run.warmup.map(outside),
        iterations: iterations.map(outside),
        max_users: max_users.map(outside),
        ..LoadConfig::default()
    })
}

/// Whether a body is a JSON document that somebody would send.
fn is_json(body: &str) -> bool {
    matches!(serde_json::from_str(body), Ok(serde_json::Value::Object(_) | serde_json::Value::Array(_)))
}

fn outside<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::OUTSIDE }
}

fn named<T>(name: &str, value: T) -> MapEntry<T> {
    MapEntry { name: outside(name.to_owned()), value: Some(outside(value)) }
}
