//! One thin file a verb: arguments as meant, the work elsewhere.

mod advisory;
mod case;
mod check;
mod explain;
mod observe;
mod progress;
mod report;
mod zone;

use crate::cli::{Cli, Command};

/// Runs a command; gives the exit status.
pub(crate) fn run(cli: Cli) -> anyhow::Result<u8> {
    match cli.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Observe(arguments) => observe::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Advisory(arguments) => advisory::run(&arguments),
        Command::Case(arguments) => case::run(&arguments),
    }
}
