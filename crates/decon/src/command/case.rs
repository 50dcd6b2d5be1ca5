//! `decon case verify`: chain, head and evidence.

use std::io::Write as _;

use decon_systems::case_store::Case;

use crate::cli;

pub(crate) fn run(arguments: &cli::Case) -> anyhow::Result<u8> {
    let cli::Case::Verify { case, head } = arguments;
    let found = Case::open(case)?.verify()?;
    let mut out = std::io::stdout().lock();
    let mut broken = found.broken;
    if head.as_ref().is_some_and(|h| *h != found.head.to_string() && *h != found.head.hex()) {
        broken.push(format!("the head written down elsewhere is not the last entry, which is {}", found.head));
    }
    for line in &broken {
        writeln!(out, "broken: {line}")?;
    }
    let word = if broken.is_empty() { "sound" } else { "BROKEN" };
    writeln!(out, "{word}: {} entries, {} pieces of evidence, head {}", found.entries, found.evidence, found.head)?;
    Ok(u8::from(!broken.is_empty()))
}
