//! The advisories that are compiled in, and those a person adds.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use decon_core::advisory::Advisory;
use decon_core::digest::Digest;

/// Id and text of every advisory in the repository, by id.
pub(crate) const BUILT_IN: &[(&str, &str)] = &[
    ("bitwarden-cli-2026-04", include_str!("../../../advisories/bitwarden-cli-2026-04.toml")),
    ("checkmarx-actions-2026-03", include_str!("../../../advisories/checkmarx-actions-2026-03.toml")),
    ("checkmarx-jenkins-2026-05", include_str!("../../../advisories/checkmarx-jenkins-2026-05.toml")),
    ("codecov-2021-01", include_str!("../../../advisories/codecov-2021-01.toml")),
    ("elementary-data-2026-04", include_str!("../../../advisories/elementary-data-2026-04.toml")),
    ("ghrc-2025-08", include_str!("../../../advisories/ghrc-2025-08.toml")),
    ("kics-2026-04", include_str!("../../../advisories/kics-2026-04.toml")),
    ("litellm-2026-03", include_str!("../../../advisories/litellm-2026-03.toml")),
    ("reviewdog-2025-03", include_str!("../../../advisories/reviewdog-2025-03.toml")),
    ("tj-actions-2025-03", include_str!("../../../advisories/tj-actions-2025-03.toml")),
    ("trivy-2026-03", include_str!("../../../advisories/trivy-2026-03.toml")),
    ("xygeni-2026-03", include_str!("../../../advisories/xygeni-2026-03.toml")),
    ("xz-images-2024-03", include_str!("../../../advisories/xz-images-2024-03.toml")),
];

/// Advisories in force.
#[derive(Debug)]
pub(crate) struct Advisories {
    /// In the order of their ids.
    pub(crate) all: Vec<Advisory>,
    /// Over the texts of all of them.
    pub(crate) digest: Digest,
}

/// The built-in advisories, and those in a folder, which replace built-in ones of the same id.
pub(crate) fn load(folder: Option<&Path>) -> anyhow::Result<Advisories> {
    let mut texts: Vec<(String, String)> =
        BUILT_IN.iter().map(|(id, text)| (format!("{id}.toml"), (*text).to_owned())).collect();
    if let Some(folder) = folder {
        for (name, text) in files(folder)? {
            texts.retain(|(known, _)| *known != name);
            texts.push((name, text));
        }
    }
    let mut all: Vec<Advisory> = Vec::new();
    for (name, text) in &texts {
        let advisory = Advisory::parse(text).map_err(|e| anyhow!("{name}: {e}"))?;
        all.retain(|known| known.id != advisory.id);
        all.push(advisory);
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    texts.sort();
    let joined: String = texts.iter().map(|(name, text)| format!("{name}\n{text}\n")).collect();
    Ok(Advisories { all, digest: Digest::of(joined.as_bytes()) })
}

fn files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("the folder of advisories {} cannot be read", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read as UTF-8 text", path.display()))?;
            found.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text));
        }
    }
    if found.is_empty() {
        bail!("{} holds no advisory (*.toml); print one with: decon advisory new", folder.display());
    }
    Ok(found)
}

impl Advisories {
    /// Only those named, by id or alias.
    pub(crate) fn named(&self, names: &[String]) -> anyhow::Result<Vec<Advisory>> {
        if names.is_empty() {
            return Ok(self.all.clone());
        }
        names.iter().map(|name| self.find(name).cloned()).collect()
    }

    /// One, by id or alias.
    pub(crate) fn find(&self, name: &str) -> anyhow::Result<&Advisory> {
        let fits = |a: &&Advisory| *a.id == *name || a.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
        self.all.iter().find(fits).ok_or_else(|| anyhow!("no advisory is called {name:?}; see: decon advisory list"))
    }
}
