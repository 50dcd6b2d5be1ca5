//! decon: did a known-bad container image reach us, where, when, and how sure are we?

mod advisories;
mod cli;
mod command;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match command::run(cli) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            if is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            #[allow(clippy::print_stderr, reason = "the one place where the program's own failure is told")]
            {
                anstream::eprintln!("decon: {error:#}");
            }
            ExitCode::from(1)
        }
    }
}

/// `decon observe … | head` ends early, and that is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|e| {
        let io = e.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = e.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
