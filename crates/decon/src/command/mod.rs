//! One thin file a verb: arguments as meant, the work elsewhere.

mod observe;
mod zone;

use crate::cli::{Cli, Command};

/// Runs a command; gives the exit status.
pub(crate) fn run(cli: Cli) -> anyhow::Result<u8> {
    match cli.command {
        Command::Observe(arguments) => observe::run(&arguments),
    }
}
