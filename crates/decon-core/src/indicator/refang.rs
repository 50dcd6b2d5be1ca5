//! Doing and undoing what people do to indicators so that nobody clicks on them.

/// The plain text of a defanged one: `hxxp`, `[.]`, `(.)`, `{.}`, `[dot]`, `\.`, `[:]`, `[@]`, blanks around dots.
pub fn refang(text: &str) -> String {
    let mut out = text.trim().trim_matches(['"', '\'', '`', '<', '>', ',', ';']).to_owned();
    for open in ['[', '(', '{'] {
        let close = match open {
            '[' => ']',
            '(' => ')',
            _ => '}',
        };
        for (word, plain) in
            [(".", "."), ("dot", "."), ("DOT", "."), (":", ":"), ("://", "://"), ("@", "@"), ("at", "@"), ("/", "/")]
        {
            out = out.replace(&format!("{open}{word}{close}"), plain);
        }
    }
    out = out.replace("\\.", ".").replace(" . ", ".").replace("[.", ".").replace(".]", ".");
    if let Some((scheme, rest)) = out.split_once("://") {
        let plain = match scheme.to_ascii_lowercase().as_str() {
            "hxxp" | "htxp" | "hxtp" | "meow" | "xxxx" => "http",
            "hxxps" | "htxps" | "hxtps" => "https",
            "fxp" => "ftp",
            other => return format!("{other}://{rest}"),
        };
        return format!("{plain}://{rest}");
    }
    out
}

/// `audit.checkmarx[.]cx`: reports must not make indicators clickable. What is no name, address or
/// URL (a user agent) stays as it is.
pub fn defang(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let Some((front, last)) = host.rsplit_once('.') else { return text.to_owned() };
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}[:]//") };
    format!("{scheme}{front}[.]{last}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_defanged_is_refanged() {
        for (plain, defanged) in [
            ("audit.checkmarx.cx", "audit.checkmarx[.]cx"),
            ("https://audit.checkmarx.cx/v1/t.json", "https[:]//audit.checkmarx[.]cx/v1/t.json"),
            ("94.154.172.43", "94.154.172[.]43"),
            ("KICS-Telemetry/2.0", "KICS-Telemetry/2.0"),
        ] {
            assert_eq!(defang(plain), defanged);
            assert_eq!(refang(defanged), plain);
        }
    }
}
