//! Paired mode.

use std::path::{Path, PathBuf};

use super::super::{
    BasePlan, ClassPlan, LoadPlan, OnExhausted, PairedLoad, PairedPlan, Pick, Population, PortPlan, RateShape, ReadyProbe, ServicePlan,
    Target,
};
use super::compiling::Compiling;
use super::target::keep_secret;
use crate::config::yaml::Span;
use crate::config::{Base, PairedConfig, PairedLoadConfig};
use crate::units::Micros;

/// Wall time of one look.
const BUDGET: Micros = Micros::from_secs(70);
/// Users of the closed loops.
const USERS: u32 = 8;
/// Users of an arm at most.
const MAX_USERS: u32 = 1000;
/// How long requests in flight at the end of a block may take.
const DRAIN: Micros = Micros::from_secs(5);

/// Makes the plan of paired mode, where it is asked for. What it replaces is refused where it can't be meant.
pub(super) fn compile(
    compiling: &mut Compiling<'_>,
    load: &LoadPlan,
    classes: &[ClassPlan],
    target: Option<&str>,
    service: Option<&ServicePlan>,
) -> Option<PairedPlan> {
    let scenario = compiling.scenario;
    let base = scenario.base.as_ref()?;
    refuse(compiling, base);
    let written = scenario.sections.paired.as_ref().map(|paired| paired.value.clone()).unwrap_or_default();
    let base = base_plan(compiling, base, target, service);
    let as_written = written.load.as_ref().is_some_and(|load| load.value == PairedLoadConfig::AsWritten);
    // Options of the command line are meant for what runs.
    let options = scenario.load.as_ref().map(|load| &load.value);
    let asked = options.and_then(|load| load.rate.as_ref()).filter(|rate| rate.span == Span::OUTSIDE);
    let rate = written.rate.as_ref().or(asked).map(|rate| rate.value);
    let paired_load = match load {
        _ if !as_written => PairedLoad::Arrivals(rate),
        LoadPlan::Closed(closed) => match closed.population {
            Population::Constant { users, .. } => PairedLoad::Users(users),
            // Refused above.
            Population::Stages { .. } => return None,
        },
        LoadPlan::Open(open) => match open.rate {
            RateShape::Constant(rate) => PairedLoad::Arrivals(Some(rate)),
            RateShape::Stages { .. } => return None,
        },
        LoadPlan::Capacity(_) => return None,
    };
    let rows = rows(compiling, classes);
    let users = users(compiling, &written, rows);
    let most = if let LoadPlan::Open(open) = load { open.max_users } else { MAX_USERS };
    Some(PairedPlan {
        base: base?,
        budget: written.budget.as_ref().map_or(BUDGET, |budget| budget.value),
        load: paired_load,
        users,
        max_users: rows.map_or(most, |rows| most.min(rows)),
        block: written.block.as_ref().map(|block| block.value),
        drain: written.drain.as_ref().map_or(DRAIN, |drain| drain.value),
        looks: written.looks.as_ref().map_or(2, |looks| small(looks.0)),
        starts: written.starts.as_ref().map(|starts| small(starts.0)),
    })
}

/// What a load of short blocks can't be.
fn refuse(compiling: &mut Compiling<'_>, base: &Base) {
    let scenario = compiling.scenario;
    let Some(load) = &scenario.load else { return };
    let found = [
        ("iterations", load.iterations.as_ref().map(|iterations| iterations.span)),
        ("stages", load.stages.as_ref().map(|stages| stages.span)),
        ("capacity", load.capacity.as_ref().map(|capacity| capacity.span)),
    ];
    for (key, span) in found {
        let Some(span) = span else { continue };
        let key = if span == Span::OUTSIDE { format!("--{key}") } else { key.to_owned() };
        let message = format!("`{key}` does not go with paired mode, which `{}` asks for", base.option());
        compiling.error(span, message, "paired mode has a load of its own, under `paired`: leave it out, or pick another profile");
    }
}

fn base_plan(compiling: &mut Compiling<'_>, base: &Base, target: Option<&str>, service: Option<&ServicePlan>) -> Option<BasePlan> {
    match &base.url {
        Some(url) => running(compiling, url, service),
        None => started(compiling, base, target?, service),
    }
}

/// The base runs already: it is awaited only.
fn running(compiling: &mut Compiling<'_>, url: &str, service: Option<&ServicePlan>) -> Option<BasePlan> {
    match Target::parse(url) {
        Ok(parsed) => keep_secret(compiling, url, parsed.userinfo),
        Err(error) => {
            let help = "write the address of a running service, such as `http://127.0.0.1:8001`";
            compiling.error(Span::OUTSIDE, format!("`--base` can't be used: {error}"), help);
            return None;
        }
    }
    let ready = service.and_then(|service| service.ready.clone()).filter(|ready| match &ready.probe {
        ReadyProbe::Get(path) => path.starts_with('/'),
        // An address of the candidate, and output that isn't there.
        ReadyProbe::Tcp(_) | ReadyProbe::Log(_) => false,
    });
    let service = service.filter(|_| ready.is_some()).map(|service| ServicePlan {
        command: None,
        build: None,
        stop: None,
        port: PortPlan::Unset,
        monitor: false,
        ready,
        ..service.clone()
    });
    Some(BasePlan { target: url.to_owned(), service })
}

/// The base is started like the service itself, elsewhere or with another command, and on another port.
fn started(compiling: &mut Compiling<'_>, base: &Base, target: &str, service: Option<&ServicePlan>) -> Option<BasePlan> {
    let option = base.option();
    let written = compiling.scenario.sections.service.as_ref();
    let Some(service) = service.filter(|service| service.command.is_some()) else {
        let span = written.map_or(Span::OUTSIDE, |service| service.span);
        let help = "add `service.command`, or start both yourself and name the other one with `--base URL`";
        compiling.error(span, format!("`{option}` starts the service a second time, and nothing says how"), help);
        return None;
    };
    let own_port = match service.port {
        PortPlan::Auto => target.contains("${PORT}").then(|| target.to_owned()),
        PortPlan::Fixed(port) => replaced_port(target, port),
        PortPlan::Unset => None,
    };
    let Some(target) = own_port else {
        let port = written.and_then(|service| service.port.as_ref()).map(|port| port.span);
        let span = port.or(written.map(|service| service.span)).unwrap_or(Span::OUTSIDE);
        let help = "set `port: auto` under `service`, and write `${PORT}` in `target` and where the command needs it";
        compiling.error(span, format!("`{option}` starts the service a second time, and both would listen on the same port"), help);
        return None;
    };
    let folder = match &base.folder {
        Some(folder) if !folder.is_dir() => {
            let message = format!("`--base-dir`: there is no folder `{}`", folder.display());
            compiling.error(Span::OUTSIDE, message, "check out the version to compare with there: `git worktree add DIR main`");
            return None;
        }
        Some(folder) => inside(folder, &service.folder),
        None => service.folder.clone(),
    };
    Some(BasePlan {
        target,
        service: Some(ServicePlan {
            command: base.command.clone().or_else(|| service.command.clone()),
            // In the same folder it has been built already.
            build: service.build.clone().filter(|_| base.folder.is_some()),
            folder,
            port: PortPlan::Auto,
            monitor: false,
            ..service.clone()
        }),
    })
}

/// The address with `${PORT}` in place of a port that it names.
fn replaced_port(target: &str, port: u16) -> Option<String> {
    let parsed = Target::parse(target).ok().filter(|parsed| parsed.port == port)?;
    let at = target.find(&parsed.authority)?;
    let authority = parsed.authority.strip_suffix(&format!(":{port}"))?;
    Some(format!("{}{authority}:${{PORT}}{}", &target[..at], &target[at + parsed.authority.len()..]))
}

fn inside(folder: &Path, service: &Path) -> PathBuf {
    if service == Path::new(".") { folder.to_owned() } else { folder.join(service) }
}

/// Rows of the shortest feed that gives each user one of its own and has no more then.
fn rows(compiling: &Compiling<'_>, classes: &[ClassPlan]) -> Option<u32> {
    let tables = compiling.data.tables().iter().enumerate();
    let named = |at: usize| classes.iter().any(|class| class.active && class.unique_feeds.contains(&at));
    let short = tables.filter(|(at, table)| table.pick == Pick::Unique && table.feed.on_exhausted() == OnExhausted::Error && named(*at));
    short.map(|(_, table)| table.feed.len()).filter(|&rows| rows > 0).min().map(|rows| u32::try_from(rows).unwrap_or(u32::MAX))
}

fn users(compiling: &mut Compiling<'_>, written: &PairedConfig, rows: Option<u32>) -> u32 {
    let most = rows.unwrap_or(u32::MAX);
    let option = compiling.scenario.load.as_ref().and_then(|load| load.users.as_ref()).filter(|users| users.span == Span::OUTSIDE);
    let given = written.users.as_ref().map(|users| (users.span, users.value.0)).or(option.map(|users| (users.span, users.value.0)));
    let Some((span, users)) = given else { return USERS.min(most) };
    let asked = small(users);
    if asked > most {
        let message = format!("paired mode is to have {asked} users, and there are {most} rows for users who want one each");
        compiling.error(span, message, "take fewer users, or add rows");
    }
    asked
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
