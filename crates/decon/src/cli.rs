//! Arguments as they are typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use decon_systems::shard::Shard;

/// Did a known-bad container image reach us, where, when, and how sure are we?
///
/// Exit status: 0 clear, 10 cited, 11 unknown, 12 exposed, 13 present, 14 executed, 15 contacted;
/// 1 when decon failed, 2 when it was called wrongly.
#[derive(Debug, Parser)]
#[command(name = "decon", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look everywhere, judge, keep the case, print the answer
    Check(Check),
    /// Only collect: print one JSON line an observation
    Observe(Observe),
    /// Search network logs for indicators: who spoke to them, when, how often, how it ended
    Hunt(Box<Hunt>),
    /// Show every step from the bytes to the level of a verdict
    Explain(Explain),
    /// Print the answer of a case again, in any form
    Report(Report),
    /// Known incidents: list, show, validate, start a new one
    #[command(subcommand)]
    Advisory(Advisory),
    /// Cases: verify
    #[command(subcommand)]
    Case(Case),
}

/// How evidence is read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Zone of times that have none: `Europe/Berlin`, `UTC`, `+02:00`
    #[arg(long, value_name = "ZONE")]
    pub(crate) assume_tz: Option<String>,
    /// Year of times that have none (syslog, dnsmasq, ASA)
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1990..2100))]
    pub(crate) year: Option<i16>,
    /// Squid's `logformat` line, or its name if it is a built-in one
    #[arg(long, value_name = "FORMAT")]
    pub(crate) logformat: Option<String>,
    /// Fields of VPC flow logs without a header line: `version srcaddr dstaddr start …`
    #[arg(long, value_name = "FIELDS")]
    pub(crate) flow_fields: Option<String>,
}

/// Which incidents are asked about.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Only this incident (id or alias); may be repeated. Default: all known
    #[arg(long, value_name = "ID")]
    pub(crate) advisory: Vec<String>,
    /// Folder with more advisories (*.toml); one replaces a built-in of its id
    #[arg(long, value_name = "DIR")]
    pub(crate) advisories: Option<PathBuf>,
}

/// Forms of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One screen for a person
    Terminal,
    /// One JSON document
    Json,
    /// One JSON line a verdict and a gap
    Jsonl,
    /// Markdown
    Markdown,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// One HTML file without remote parts
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Logs, folders, archives, copied stores, repositories; `-` is standard input. Default: this
    /// machine's engines and this folder
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Keep the case in this folder; run again to add what is new
    #[arg(long, value_name = "DIR")]
    pub(crate) case: Option<PathBuf>,
    /// Form of the answer; without it, the ending of --output decides
    #[arg(long, value_enum)]
    pub(crate) format: Option<Form>,
    /// Write the answer to this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A mirror: `harbor.example.com/hub=docker.io`; may be repeated
    #[arg(long, value_name = "PREFIX=UPSTREAM")]
    pub(crate) mirror: Vec<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
    #[command(flatten)]
    pub(crate) reading: Reading,
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

/// Forms of what a hunt found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HuntForm {
    /// A summary for a person
    Terminal,
    /// One JSON line a hit
    Jsonl,
}

/// What is looked for and how lines are read.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Look for this name, address, range, URL or user agent, defanged or not; may be repeated.
    /// Without --advisory, nothing else is looked for
    #[arg(long, value_name = "VALUE")]
    pub(crate) indicator: Vec<String>,
    /// Look for what this file lists: plain text, CSV, JSON lines, STIX 2.1 bundle, MISP event
    #[arg(long, value_name = "FILE")]
    pub(crate) indicators: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Tell names that look like the publishers' own, as leads: a letter changed, another ending
    #[arg(long)]
    pub(crate) similar: bool,
    /// A domain that is known to be good: no look-alike; may be repeated
    #[arg(long, value_name = "DOMAIN", requires = "similar")]
    pub(crate) known_good: Vec<Box<str>>,
    /// Look inside base64 too (PowerShell -EncodedCommand, cookies)
    #[arg(long)]
    pub(crate) deep: bool,
}

/// Which hits are told, and how.
#[derive(Debug, Args)]
pub(crate) struct Telling {
    /// Only contacts from this time on: `2026-04-22` or `2026-04-22T13:00:00Z`; those without a time stay
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<jiff::Timestamp>,
    /// Only contacts before this time; those without a time stay
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<jiff::Timestamp>,
    /// Sources that are known and why: a line each, `address-or-host reason`
    #[arg(long, value_name = "FILE")]
    pub(crate) ignore: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value = "terminal")]
    pub(crate) format: HuntForm,
}

/// How work is cut.
#[derive(Debug, Args)]
pub(crate) struct Cutting {
    /// Size of the parts that large plain text is cut into
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) part_mib: u64,
}

/// Exit status: 15 when something was in contact, 11 when nothing was found but something could not
/// be read, 0 when all was read and nothing found. A shard exits with 0 when all of its parts have a
/// result.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Hunt {
    #[command(subcommand)]
    pub(crate) action: Option<HuntAction>,
    /// Logs, folders, archives; `-` is standard input
    #[arg(required_unless_present_any = ["emit", "manifest"], value_name = "LOG")]
    pub(crate) paths: Vec<PathBuf>,
    /// Search nothing: print the indicators as rules or a query for a system you run
    #[arg(long, value_name = "SYSTEM", conflicts_with = "paths",
          value_parser = clap::builder::PossibleValuesParser::new(decon_formats::rule::RULES.iter().map(|r| r.name())))]
    pub(crate) emit: Option<String>,
    #[command(flatten)]
    pub(crate) search: Search,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) telling: Telling,
    /// Keep a result of every part in this folder, for `decon hunt merge`
    #[arg(long, value_name = "DIR", help_heading = "Sharing the work")]
    pub(crate) results: Option<PathBuf>,
    /// Only this share of the parts: `2/5` is the second of five
    #[arg(long, value_name = "I/N", requires = "results", help_heading = "Sharing the work")]
    pub(crate) shard: Option<Shard>,
    /// The parts, made once by `decon hunt manifest`; it also says what is looked for
    #[arg(long, value_name = "FILE", requires = "results", conflicts_with_all = ["paths", "indicator", "indicators", "advisory"], help_heading = "Sharing the work")]
    pub(crate) manifest: Option<PathBuf>,
    /// Leave out parts that have a result already
    #[arg(long, requires = "results", help_heading = "Sharing the work")]
    pub(crate) resume: bool,
    #[command(flatten, next_help_heading = "Sharing the work")]
    pub(crate) cutting: Cutting,
    /// Send the parts to workers, wait for them and tell what they found
    #[cfg(feature = "nats")]
    #[command(flatten, next_help_heading = "Sharing the work")]
    pub(crate) server: Server,
    /// Do not wait for the workers
    #[cfg(feature = "nats")]
    #[arg(long, requires = "nats", help_heading = "Sharing the work")]
    pub(crate) detach: bool,
}

/// A NATS server with JetStream.
#[cfg(feature = "nats")]
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// NATS server with JetStream: `nats://host:4222`, `tls://…`. For a hunt: send it to the workers
    #[arg(long, value_name = "URL")]
    pub(crate) nats: Option<String>,
    /// Credentials file for it
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub(crate) nats_creds: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HuntAction {
    /// Cut logs into parts that several processes or machines share; prints JSON lines
    Manifest(HuntManifest),
    /// Tell the results of all shards as one run would
    Merge(HuntMerge),
    /// Work on parts that others sent to a NATS server
    #[cfg(feature = "nats")]
    Work(HuntWork),
    /// How far the jobs on a NATS server are
    #[cfg(feature = "nats")]
    Status(HuntStatus),
}

#[cfg(feature = "nats")]
#[derive(Debug, Args)]
pub(crate) struct HuntWork {
    #[command(flatten)]
    pub(crate) server: Server,
    /// Parts at the same time. Default: one a core
    #[arg(long, value_name = "N")]
    pub(crate) at_once: Option<usize>,
    /// Seconds without a sign of life until another worker gets a part; the first worker decides
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(2..=3600))]
    pub(crate) ack_wait: u64,
    /// End when no work came for so many seconds. Default: never
    #[arg(long, value_name = "SECONDS")]
    pub(crate) until_idle: Option<u64>,
}

#[cfg(feature = "nats")]
#[derive(Debug, Args)]
pub(crate) struct HuntStatus {
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct HuntManifest {
    /// Logs, folders, archives, as every worker sees them
    #[arg(required = true, value_name = "LOG")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) search: Search,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) cutting: Cutting,
}

#[derive(Debug, Args)]
pub(crate) struct HuntMerge {
    /// Folders of results
    #[cfg_attr(feature = "nats", arg(required_unless_present = "nats", conflicts_with = "nats", value_name = "DIR"))]
    #[cfg_attr(not(feature = "nats"), arg(required = true, value_name = "DIR"))]
    pub(crate) results: Vec<PathBuf>,
    #[cfg(feature = "nats")]
    #[command(flatten)]
    pub(crate) server: Server,
    /// The job on the server
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "ID", requires = "nats")]
    pub(crate) job: Option<String>,
    #[command(flatten)]
    pub(crate) telling: Telling,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Id of a verdict, or its beginning
    #[arg(value_name = "VERDICT")]
    pub(crate) verdict: String,
    /// The case it stands in
    #[arg(long, value_name = "DIR")]
    pub(crate) case: PathBuf,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The case
    #[arg(long, value_name = "DIR")]
    pub(crate) case: PathBuf,
    /// Form of the answer; without it, the ending of --output decides
    #[arg(long, value_enum)]
    pub(crate) format: Option<Form>,
    /// Write it to this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Advisory {
    /// One line each
    List {
        /// Folder with more advisories
        #[arg(long, value_name = "DIR")]
        advisories: Option<PathBuf>,
    },
    /// All of one: windows by source, digests, indicators, advice
    Show {
        /// Id or alias
        id: String,
        /// Folder with more advisories
        #[arg(long, value_name = "DIR")]
        advisories: Option<PathBuf>,
    },
    /// Check advisory files and their examples
    Validate {
        /// Files (*.toml)
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print a new advisory to fill in, with every key
    New {
        /// Its id, such as acme-2026-11
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// Find edited, removed, reordered or cut-off entries and evidence
    Verify {
        /// The case folder
        case: PathBuf,
        /// Fail unless the case ends at this head (`decon check` printed it)
        #[arg(long, value_name = "SHA256")]
        head: Option<String>,
    },
}

/// A time as people type it; what has no zone is UTC.
fn time(text: &str) -> Result<jiff::Timestamp, String> {
    let day = format!("{text}T00:00:00Z");
    let full = format!("{}Z", text.replace(' ', "T"));
    let minute = format!("{}:00Z", text.replace(' ', "T"));
    let forms = [text, day.as_str(), full.as_str(), minute.as_str()];
    let read = forms.iter().find_map(|form| form.parse().ok());
    read.ok_or_else(|| "write 2026-04-22, 2026-04-22 13:00 (UTC) or 2026-04-22T13:00:00+02:00".to_owned())
}
