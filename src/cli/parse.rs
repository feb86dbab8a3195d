//! From arguments and environment to [`Cli`].

use clap::{Arg, Command, CommandFactory, FromArgMatches};

use super::args::Cli;

/// Parses the arguments of this process. Environment variables that are empty count as unset: that is what a workflow
/// makes of an input that nobody filled in.
pub(super) fn command_line() -> Result<Cli, clap::Error> {
    let command = without_empty_variables(Cli::command());
    Cli::from_arg_matches(&command.try_get_matches()?)
}

fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()));
    command.mut_args(|arg| if is_empty(&arg) { arg.env(None::<&'static str>) } else { arg }).mut_subcommands(without_empty_variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_contradict_nothing() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_no_value_that_may_hold_a_secret() {
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        let is_shown = |long: &&str| run.get_arguments().any(|arg| arg.get_long() == Some(*long) && !arg.is_hide_env_values_set());
        let shown = ["target", "base", "base-command", "var", "header", "body"].into_iter().filter(is_shown);
        assert_eq!(shown.collect::<Vec<_>>(), [] as [&str; 0]);
    }

    #[test]
    fn every_option_has_its_variable() {
        fn look(command: &Command) {
            for arg in command.get_arguments().filter(|arg| arg.get_long().is_some() && !arg.is_positional()) {
                let long = arg.get_long().unwrap_or_default();
                // A scenario by its name has no variable: elsewhere the same one names files.
                let own = ["help", "version", "demo", "format", "output", "branch"];
                if own.contains(&long) || (command.get_name(), long) == ("prune", "scenario") {
                    continue;
                }
                let name = match (command.get_name(), long) {
                    // A commit here, an address for `run`.
                    ("base", "base") => "LOADLINE_BASE_REF".to_owned(),
                    _ => format!("LOADLINE_{}", long.to_uppercase().replace('-', "_")),
                };
                assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(name.as_str()), "--{long}");
            }
            command.get_subcommands().for_each(look);
        }
        look(&Cli::command());
    }
}
