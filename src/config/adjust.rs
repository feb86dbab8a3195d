//! The load that runs: of the selected profile, with the options of the command line in it.

use std::sync::Arc;

use super::element::{LoadConfig, SectionsConfig};
use super::overrides::Overrides;
use super::read::candidates;
use super::reader::{Spanned, Whole};
use super::scenario::labelled;
use super::select::Selection;
use super::yaml::Span;
use crate::text::{Diagnostic, Source};
use crate::units::Micros;

/// Takes the load out of the sections and puts the options in. Every load must be complete, also those that don't run.
pub(super) fn adjust(
    sections: &mut SectionsConfig,
    selection: &Selection,
    source: &Arc<Source>,
    overrides: &Overrides,
    found: &mut Vec<Diagnostic>,
) -> Option<Spanned<LoadConfig>> {
    let key = sections.load.as_ref().map_or(Span::OUTSIDE, |load| first_line(load.span, source));
    let classes = sections.users.iter().flat_map(|users| users.names().map(str::to_owned)).collect();
    let mut adjusting = Adjusting { source, overrides, found, key, classes };
    if let (Some(load), Some(profiles)) = (&sections.load, &sections.profiles) {
        let problem = Diagnostic::error("a scenario has either `load` or `profiles`");
        let problem = labelled(problem, source, profiles.span, "");
        adjusting.found.push(labelled(problem, source, load.span, "beside this").help("move `load` into `profiles` under a name"));
        return None;
    }
    let mut selected = sections.load.take();
    if let Some(profiles) = sections.profiles.take() {
        for entry in profiles.value.0 {
            let Some(load) = entry.value else { continue };
            if Some(&entry.name.value) == selection.profile.as_ref() {
                adjusting.key = entry.name.span;
                selected = Some(load);
            } else {
                adjusting.complete(&load, entry.name.span);
            }
        }
        // Which profile was meant, or what is wrong with it, has been said.
        selected.as_ref()?;
    }
    let mut load = match selected {
        Some(load) => load,
        None if overrides.users.is_some() || overrides.rate.is_some() => Spanned { value: LoadConfig::default(), span: Span::OUTSIDE },
        None => return None,
    };
    adjusting.put_in(&mut load);
    adjusting.complete(&load, adjusting.key);
    Some(load)
}

struct Adjusting<'a> {
    source: &'a Arc<Source>,
    overrides: &'a Overrides,
    found: &'a mut Vec<Diagnostic>,
    /// Where the selected load is named.
    key: Span,
    /// The names of all user classes.
    classes: Vec<String>,
}

impl Adjusting<'_> {
    /// Options replace values within the model of the load. `--rate` makes an open model of a plain number of users.
    fn put_in(&mut self, load: &mut Spanned<LoadConfig>) {
        let Overrides { users, spawn_rate, duration, warmup, iterations, rate, max_users, .. } = self.overrides;
        let span = self.key;
        let value = &mut load.value;
        set(&mut value.warmup, *warmup);
        let staged_rate = value.stages.iter().flat_map(|stages| stages.iter()).any(|stage| stage.rate.is_some());
        if value.capacity.is_some() {
            for (option, given) in [
                ("users", users.is_some()),
                ("spawn-rate", spawn_rate.is_some()),
                ("rate", rate.is_some()),
                ("iterations", iterations.is_some()),
                ("duration", duration.is_some()),
            ] {
                if given {
                    let help = match option {
                        "duration" => "`hold` says how long each rate is held: leave the option out, or pick another profile",
                        _ => "the search sets the rates: leave the option out, or pick another profile",
                    };
                    self.refuse(span, option, "is searching a capacity", help);
                }
            }
        } else if value.stages.is_some() {
            for (option, given) in [
                ("users", users.is_some()),
                ("spawn-rate", spawn_rate.is_some()),
                ("rate", rate.is_some()),
                ("duration", duration.is_some()),
            ] {
                if given {
                    let help = "each stage has a level and a duration: change the stages, or pick another profile";
                    self.refuse(span, option, "has stages", help);
                }
            }
            set(&mut value.iterations, self.whole("iterations", *iterations));
        } else {
            self.put_in_level(load);
            set(&mut load.value.duration, *duration);
            set(&mut load.value.iterations, self.whole("iterations", *iterations));
        }
        let open = load.rate.is_some() || load.capacity.is_some() || staged_rate;
        match max_users {
            Some(_) if !open => self.refuse(span, "max-users", "is a closed model", "`--users` says how many users there are"),
            Some(most) => set(&mut load.value.max_users, self.whole("max-users", Some(u64::from(*most)))),
            None => {}
        }
    }

    fn put_in_level(&mut self, load: &mut Spanned<LoadConfig>) {
        let Overrides { users, spawn_rate, rate, .. } = self.overrides;
        let span = self.key;
        if users.is_some() && rate.is_some() {
            self.found.push(
                Diagnostic::error("`--users` and `--rate` exclude each other").help("`--max-users` bounds the users of an open model"),
            );
            return;
        }
        let value = &mut load.value;
        if let Some(rate) = rate {
            (value.users, value.spawn_rate) = (None, None);
            set(&mut value.rate, Some(*rate));
            if rate.0 <= 0.0 {
                self.found.push(Diagnostic::error("`--rate` must be above zero"));
            }
        }
        if value.rate.is_some() {
            for (option, given) in [("users", users.is_some()), ("spawn-rate", spawn_rate.is_some())] {
                if given {
                    self.refuse(span, option, "is an open model", "`--rate` says how much comes, `--max-users` bounds its users");
                }
            }
        } else {
            set(&mut value.users, self.whole("users", users.map(u64::from)));
            set(&mut value.spawn_rate, *spawn_rate);
            if spawn_rate.is_some_and(|rate| rate.0 <= 0.0) {
                self.found.push(Diagnostic::error("`--spawn-rate` must be above zero"));
            }
        }
    }

    /// The value of an option, which is held to the bounds of the key that it replaces.
    fn whole<const MIN: u64, const MAX: u64>(&mut self, option: &str, given: Option<u64>) -> Option<Whole<MIN, MAX>> {
        let given = given?;
        Whole::of_option(option, given).map_err(|problem| self.found.push(problem)).ok().or(Some(Whole(given)))
    }

    fn classes_exist(&mut self, load: &LoadConfig) {
        let Some(only) = &load.only else { return };
        for class in only.0.iter().filter(|class| !self.classes.is_empty() && !self.classes.iter().any(|known| known == class.as_str())) {
            let problem = Diagnostic::error(format!("there is no user class `{}`", class.as_str()));
            let help = candidates(class.as_str(), self.classes.iter().map(String::as_str));
            self.found.push(labelled(problem, self.source, class.span, "").help(help));
        }
        if only.0.is_empty() {
            let problem = Diagnostic::error("`only` names no class");
            self.found.push(labelled(problem, self.source, only.span, "").help("name at least one, or remove it"));
        }
    }

    fn refuse(&mut self, span: Span, option: &str, what: &str, help: &str) {
        let problem = Diagnostic::error(format!("`--{option}` does not apply: the load {what}"));
        self.found.push(labelled(problem, self.source, span, "").help(help));
    }

    /// A load must say how much comes, and until when, and can run only classes that there are.
    fn complete(&mut self, load: &Spanned<LoadConfig>, span: Span) {
        self.classes_exist(load);
        // Where a value could not be read, it would be missed here only because of that.
        let within = |diagnostic: &Diagnostic| {
            diagnostic.labels.first().is_some_and(|label| label.span.start >= load.span.start && label.span.end <= load.span.end)
        };
        if load.capacity.is_some() || self.found.iter().any(within) {
            return;
        }
        let mut report = |message: &str, help: &str| {
            self.found.push(labelled(Diagnostic::error(message), self.source, span, "").help(help));
        };
        if load.users.is_none() && load.rate.is_none() && load.stages.is_none() {
            let help = "add `users: 10` for a closed model, `rate: 50/s` for an open one, `stages` or `capacity`";
            report("the load says neither how many users nor how many arrivals come", help);
        } else if load.stages.is_none() && load.duration.is_none() && load.iterations.is_none() {
            report("the load has no end", "add `duration: 1m` or `iterations: 100`, or run with `--duration 1m`");
        }
        if load.duration.as_ref().is_some_and(|duration| duration.value == Micros::ZERO) {
            report("the load takes no time", "give it a duration above zero: `duration: 1m`");
        }
    }
}

fn set<T>(place: &mut Option<Spanned<T>>, value: Option<T>) {
    if let Some(value) = value {
        *place = Some(Spanned { value, span: Span::OUTSIDE });
    }
}

fn first_line(span: Span, source: &Source) -> Span {
    let line = source.text[span.range()].find('\n').map_or(span.end, |line| span.start + line);
    Span::new(span.start, line)
}
