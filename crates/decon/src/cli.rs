//! Arguments as they are typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Did a known-bad container image reach us, where, when, and how sure are we?
#[derive(Debug, Parser)]
#[command(name = "decon", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Only collect: print one JSON line an observation
    Observe(Observe),
}

/// How evidence is read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Zone of times that have none: `Europe/Berlin`, `UTC`, `+02:00`
    #[arg(long, value_name = "ZONE")]
    pub(crate) assume_tz: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Observe {
    /// Logs, folders, archives, copied stores; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Form of the output
    #[arg(long, default_value = "jsonl", value_parser = ["jsonl"])]
    pub(crate) format: String,
}
