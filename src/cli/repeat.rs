//! The line that repeats a run: made of what was typed, as far as it isn't secret.

use super::args::{RunArgs, SaturationArg};
use super::inputs::{is_address, quoted};
use super::lines;
use crate::plan::Target;
use crate::units::{Micros, Rate};

/// `loadline run ...` for one of the inputs. Values of variables, headers, bodies and passwords are left out and
/// marked, for whoever repeats it to fill in; the seed is added by the record.
pub(super) fn line(args: &RunArgs, input: &str) -> String {
    let overrides = &args.overrides;
    let input = if is_address(input) { Target::masked(input) } else { input.to_owned() };
    let mut words = vec!["loadline".to_owned(), "run".to_owned(), quoted(&input)];
    let mut option = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("{name} {}", quoted(&value))));
    option("--environment", overrides.environment.clone());
    option("--profile", overrides.profile.clone());
    option("--target", overrides.target.as_deref().map(Target::masked));
    option("--users", overrides.users.map(|users| users.to_string()));
    option("--spawn-rate", overrides.spawn_rate.map(Rate::exact));
    option("--rate", overrides.rate.map(Rate::exact));
    option("--max-users", overrides.max_users.map(|users| users.to_string()));
    option("--duration", overrides.duration.map(Micros::exact));
    option("--warmup", overrides.warmup.map(Micros::exact));
    option("--iterations", overrides.iterations.map(|iterations| iterations.to_string()));
    option("--timeout", overrides.timeout.map(Micros::exact));
    option("--env-file", overrides.env_file.as_ref().map(|file| file.display().to_string()));
    option("--method", args.request.method.clone());
    option("--base", args.paired.base.as_deref().map(Target::masked));
    option("--base-dir", args.paired.base_dir.as_ref().map(|folder| folder.display().to_string()));
    // A command line may hold anything.
    option("--base-command", args.paired.base_command.as_ref().map(|_| "***".to_owned()));
    option("--budget", args.paired.budget.map(Micros::exact));
    for threshold in lines::all(&args.judging.thresholds) {
        option("--threshold", Some(threshold.clone()));
    }
    for rule in lines::all(&args.judging.policy.regressions) {
        option("--regression", Some(rule.clone()));
    }
    for (name, _) in lines::all(&overrides.vars) {
        option("--var", Some(format!("{name}=***")));
    }
    for header in lines::all(&args.request.headers) {
        option("--header", header.split_once(':').map(|(name, _)| format!("{name}: ***")));
    }
    // The name of a file is none of its secrets.
    option("--body", args.request.body.as_ref().map(|body| if body.starts_with('@') { body.clone() } else { "***".to_owned() }));
    option("--on-saturation", (args.judging.on_saturation == SaturationArg::Warn).then(|| "warn".to_owned()));
    option("--threads", args.threads.map(|threads| threads.to_string()));
    words.extend(args.request.insecure.then(|| "--insecure".to_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;

    #[test]
    fn nothing_secret_is_in_the_line() {
        let typed = [
            "loadline",
            "run",
            "http://joe:pa55@127.0.0.1:8000/x",
            "-n",
            "5",
            "-H",
            "authorization: Bearer t0ken",
            "-d",
            "pin=1234",
            "--var",
            "KEY=s3cret",
            "--threshold",
            "p95 < 5ms",
        ];
        let Command::Run(args) = Cli::parse_from(typed).command else { panic!("not a run") };
        assert_eq!(
            line(&args, &args.inputs[0]),
            "loadline run 'http://***@127.0.0.1:8000/x' --iterations 5 --threshold 'p95 < 5ms' --var 'KEY=***' --header 'authorization: ***' --body '***'"
        );
    }

    #[test]
    fn what_is_repeated_is_the_same_load() {
        let words = "--rate 100/min --spawn-rate 10/h --duration 90500ms --warmup 5s --timeout 1234ms --budget 1m30s";
        let typed = ["loadline", "run", "shop.yml"].into_iter().chain(words.split(' '));
        let Command::Run(args) = Cli::parse_from(typed).command else { panic!("not a run") };
        let repeated = line(&args, "shop.yml");
        assert_eq!(
            repeated,
            "loadline run shop.yml --spawn-rate 0.002777777777777778/s --rate 1.6666666666666667/s --duration 90.5s --warmup 5s \
             --timeout 1.234s --budget 1m30s"
        );
        let Command::Run(again) = Cli::parse_from(repeated.split(' ')).command else { panic!("not a run") };
        let load = |args: &RunArgs| {
            let of = &args.overrides;
            (of.rate, of.spawn_rate, of.duration, of.warmup, of.timeout, args.paired.budget)
        };
        assert_eq!(load(&again), load(&args));
    }

    #[test]
    fn credentials_of_an_address_are_masked_however_it_is_written() {
        let repeated = |words: &[&str]| {
            let Command::Run(args) = Cli::parse_from(["loadline", "run"].iter().chain(words)).command else { panic!("not a run") };
            line(&args, &args.inputs[0])
        };
        assert_eq!(repeated(&["http://:t0ken@h/x"]), "loadline run 'http://***@h/x'");
        assert_eq!(repeated(&[":t0ken@h:80/x@y"]), "loadline run '***@h:80/x@y'");
        assert_eq!(
            repeated(&["load@night.yml", "--target", ":t0ken@h:${PORT}", "--base", "joe:t0ken@h"]),
            "loadline run load@night.yml --target '***@h:${PORT}' --base '***@h'"
        );
    }
}
