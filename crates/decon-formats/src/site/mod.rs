//! Sites: places in files where an image or an action is named, with their exact bytes.
//!
//! A [`SiteFormat`] returns spans and, where a name cannot be decided, the reason. The same sites
//! serve to observe (`cited`) and, later, to pin, so that the two cannot disagree.

use std::ops::Range;

use decon_core::coverage::Gap;
use decon_core::observation::{Asset, Event, Observation, Proof, Subject};

/// Something named in a file.
#[derive(Debug, Clone)]
pub struct Site {
    /// The bytes of the name, without quotes.
    pub span: Range<usize>,
    /// Line, from 1.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
    /// What it names, or why that cannot be decided.
    pub subject: Result<Subject, String>,
}

/// One format of files that name images.
pub trait SiteFormat: Sync {
    /// Its name in observations, kebab-case. Public: it never changes.
    fn name(&self) -> &'static str;
    /// One sentence.
    fn doc(&self) -> &'static str;
    /// Whether a file of this path is one.
    fn claims(&self, path: &str) -> bool;
    /// Every site in it; an error says why the text is none of this format.
    ///
    /// # Errors
    /// Line and reason.
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)>;
}

/// Every format.
pub const FORMATS: &[&dyn SiteFormat] = &[];

/// The formats that claim this path.
pub fn claiming(path: &str) -> impl Iterator<Item = &'static dyn SiteFormat> {
    FORMATS.iter().copied().filter(move |f| f.claims(path))
}

/// The citations in a text.
pub fn observe(format: &dyn SiteFormat, text: &str, path: &str, asset: &Asset, gaps: &mut Vec<Gap>) -> Vec<Observation> {
    let _ = gaps;
    let Ok(sites) = format.sites(text) else { return Vec::new() };
    sites
        .into_iter()
        .filter_map(|site| {
            let proof = Proof { path: path.into(), line: Some(site.line), column: Some(site.column), blob: None };
            Some(Observation::of(Event::Cited, site.subject.ok()?, asset.clone(), format.name(), proof))
        })
        .collect()
}
