//! The command line: what is typed becomes calls of the library, and what comes back is printed and written.

mod accept;
mod args;
mod base;
mod baseline;
mod blocks;
mod calibration;
mod check;
mod compare;
mod console;
mod demo;
mod destination;
mod failure;
mod foreign;
mod fork;
mod history;
mod init;
mod inputs;
mod interrupt;
mod lines;
mod on_commit;
mod parse;
mod policy;
mod publish;
mod repeat;
mod report;
mod run;
mod stores;
mod workspace;
mod yardstick;

use std::process::ExitCode;

use args::Command;
use failure::Failure;

/// Runs the program with the arguments of this process. Returns what it exits with.
pub fn main() -> ExitCode {
    let command = match parse::command_line() {
        Ok(cli) => cli.command,
        Err(error) => {
            // Help and version are no errors, and go to standard output.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let result = match command {
        Command::Run(args) => run::run(&args),
        Command::Calibrate(args) => calibration::calibrate(*args),
        Command::Compare(args) => compare::compare(&args),
        Command::Report(args) => report::report(&args),
        Command::Check(args) => check::check(&args),
        Command::Init(args) => init::init(&args),
        Command::Baseline(command) => baseline::baseline(&command),
        Command::Base(args) => base::base(&args),
        Command::Publish(args) => publish::publish(&args),
        Command::Demo(args) => demo::demo(args),
        Command::Schema => console::print(&format!("{:#}\n", crate::config::schema())).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(Failure::report)
}
