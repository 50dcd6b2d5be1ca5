//! Look-alikes: names that somebody may take for a publisher's own.
//!
//! A lead and never a hit: the victim's own domains look most like the victim's own domains, so
//! what is known to be theirs is left out.

/// The part of a name that is bought, and its label: `scan.aquasecurtiy.org` gives
/// `aquasecurtiy.org` and `aquasecurtiy`.
fn bought(host: &str) -> Option<(&str, &str)> {
    let domain = psl::domain_str(host)?;
    Some((domain, domain.split('.').next()?))
}

/// Whether a host, in lower case, looks like this publisher's: its label differs in a letter (of
/// ten and more in two; neighbours that changed places are one), is the same under another ending,
/// or has the publisher's name as one of its words.
pub fn is_look_alike(host: &str, name: &str, own: &[Box<str>]) -> bool {
    let Some((domain, label)) = bought(host) else { return false };
    if own.iter().any(|known| **known == *domain || **known == *host || host.ends_with(&format!(".{known}"))) {
        return false;
    }
    let allowed = match name.len() {
        0..6 => 0,
        6..10 => 1,
        _ => 2,
    };
    label == name
        || label.split(['-', '_']).any(|word| word == name)
        || within(label.as_bytes(), name.as_bytes(), allowed)
}

/// Whether one text becomes the other by so many insertions, deletions, replacements and exchanges
/// of neighbours (optimal string alignment).
fn within(one: &[u8], other: &[u8], allowed: usize) -> bool {
    if one.len().abs_diff(other.len()) > allowed || allowed == 0 {
        return false;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut cost = (row[j + 1] + 1).min(next[j] + 1).min(row[j] + usize::from(a != b));
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                cost = cost.min(before[j - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().is_some_and(|cost| *cost <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_told_from_their_models() {
        let own: Vec<Box<str>> =
            ["checkmarx.com", "ast.checkmarx.net", "aquasecurity.github.io"].map(Into::into).to_vec();
        let like = |host: &str| is_look_alike(host, "checkmarx", &own) || is_look_alike(host, "aquasecurity", &own);
        for host in [
            "audit.checkmarx.cx",
            "checkmarx.co.uk",
            "chekcmarx.com",
            "checkmarxx.com",
            "x.checkmrx.io",
            "checkmarx-update.com",
            "scan.aquasecurtiy.org",
            "aquasecurlty.io",
            "evil.checkmarx.net",
        ] {
            assert!(like(host), "{host}");
        }
        for host in [
            "checkmarx.com",
            "a.b.checkmarx.com",
            "eu.ast.checkmarx.net",
            "aquasecurity.github.io",
            "checkmate.com",
            "example.com",
            "security.com",
            "com",
            "",
        ] {
            assert!(!like(host), "{host}");
        }
    }
}
