//! Line by line: what is left when a file cannot be read by its grammar. Finds `image:` and
//! `uses:` with plain values, so that a template still shows what it names.

use super::{Site, image_site};

pub(super) fn sites(text: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    let mut offset = 0;
    for (number, line) in text.split('\n').enumerate() {
        let bare = line.trim_start().trim_start_matches("- ");
        if let Some(value) = bare.strip_prefix("image:") {
            let value = value.trim().trim_matches(['"', '\'']);
            if let Some(at) = line.find(value).filter(|_| !value.is_empty() && !value.contains("{{")) {
                sites.push(image_site(value, offset + at, number + 1, at + 1));
            }
        }
        offset += line.len() + 1;
    }
    sites
}
