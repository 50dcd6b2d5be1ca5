//! `decon observe`: one JSON line an observation, in the order of the paths.

use std::io::Write as _;

use decon_systems::files::{self, Options, Progress};

use super::{tell_gaps, zone};
use crate::cli;

pub(crate) fn run(arguments: &cli::Observe) -> anyhow::Result<u8> {
    let options = Options { layout: zone::layout(&arguments.reading)?, ..Options::default() };
    let progress = Progress::default();
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut failure = None;
    let mut gaps = Vec::new();
    files::collect(&arguments.paths, &options, &progress, |evidence| {
        let mut print = || -> anyhow::Result<()> {
            for observation in &evidence.observations {
                serde_json::to_writer(&mut out, observation)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        };
        if failure.is_none() {
            failure = print().err();
        }
        gaps.extend(evidence.coverage.into_iter().flat_map(|c| c.gaps));
    });
    if let Some(error) = failure {
        return Err(error);
    }
    out.flush()?;
    tell_gaps(&gaps);
    Ok(0)
}
