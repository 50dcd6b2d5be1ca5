//! Undoing what people do to indicators so that nobody clicks on them.

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
