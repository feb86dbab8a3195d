//! The system under test.

use std::path::PathBuf;

use super::super::{PortPlan, ReadyPlan, ReadyProbe, ServicePlan};
use super::compiling::Compiling;
use crate::config::{PortConfig, ReadyConfig, Spanned, Text};
use crate::units::Micros;

/// How long a service may take to be ready.
const WITHIN: Micros = Micros::from_secs(30);

/// Makes the plan of the service. Without a command, and with `--target`, it already runs: it is awaited and watched only.
pub(super) fn compile(compiling: &mut Compiling<'_>) -> Option<ServicePlan> {
    let scenario = compiling.scenario;
    let service = scenario.sections.service.as_ref()?;
    let text = |text: &Option<Spanned<Text>>| text.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let command = text(&service.command).filter(|_| !scenario.target_given);
    let started = command.is_some();
    let folder = PathBuf::from(service.folder.as_ref().map_or(".", |folder| folder.as_str()));
    if let Some(written) = service.folder.as_ref().filter(|_| started && !folder.is_dir()) {
        compiling.error(
            written.span,
            format!("there is no folder `{}`", written.as_str()),
            "this path is relative to the folder that loadline runs in",
        );
    }
    let port = match service.port.as_ref().map(|port| port.value) {
        Some(PortConfig::Fixed(port)) => PortPlan::Fixed(port),
        Some(PortConfig::Auto) if !started => PortPlan::Unset,
        Some(PortConfig::Auto) => match scenario.variables.given.get("PORT").map(|port| port.parse()) {
            None => PortPlan::Auto,
            Some(Ok(port)) => PortPlan::Fixed(port),
            Some(Err(_)) => {
                compiling.error(crate::config::yaml::Span::OUTSIDE, "`--var PORT` is no port number", "give a number from 1 to 65535");
                PortPlan::Auto
            }
        },
        None => PortPlan::Unset,
    };
    let ready = service.ready.as_ref().and_then(|ready| readiness(compiling, ready, started));
    Some(ServicePlan {
        command,
        build: text(&service.build).filter(|_| started),
        stop: text(&service.stop).filter(|_| started),
        folder,
        port,
        env: service.env.iter().flat_map(|env| env.iter()).map(|(name, value)| (name.value.clone(), value.as_str().to_owned())).collect(),
        ready,
        monitor: service.monitor.as_ref().is_some_and(|monitor| monitor.value),
    })
}

fn readiness(compiling: &mut Compiling<'_>, ready: &ReadyConfig, started: bool) -> Option<ReadyPlan> {
    compiling.above_zero("within", ready.within.as_ref(), "30s");
    let within = ready.within.as_ref().map_or(WITHIN, |within| within.value);
    // With `--target` something else is under load than what the scenario speaks of: only the target itself can be asked.
    let is_elsewhere = compiling.scenario.target_given;
    // A port that is picked at the start of what isn't started is never picked.
    let is_unknown = |address: &Spanned<Text>| !started && address.contains("${PORT}");
    let probe = if let Some(path) = &ready.get {
        if is_unknown(path) || (is_elsewhere && path.contains("://")) {
            return None;
        }
        ReadyProbe::Get(path.as_str().to_owned())
    } else if let Some(address) = &ready.tcp {
        if is_unknown(address) || is_elsewhere {
            return None;
        }
        ReadyProbe::Tcp(address.as_str().to_owned())
    } else {
        let pattern = ready.log.as_ref()?;
        match regex::Regex::new(pattern.as_str()) {
            Ok(regex) if started => ReadyProbe::Log(regex),
            Ok(_) => return None,
            Err(error) => {
                let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                compiling.error(
                    pattern.span,
                    format!("this is no regular expression: {reason}"),
                    "write `\\(` for a `(` that is just a character",
                );
                return None;
            }
        }
    };
    Some(ReadyPlan { probe, within })
}
