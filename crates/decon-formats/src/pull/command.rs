//! Commands that name images: `docker pull X`, `podman run … X`, `crane digest X`.
//!
//! Only what can be decided: a variable (`$IMAGE`) is no reference. Options that take a value are
//! known by exception: the list of flags that take none is short and stable (docker/cli
//! `cli/command/container/opts.go`, podman `cmd/podman/common/create.go`).

use decon_core::reference::Reference;

use crate::frame;

/// What a command does with an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Fetches it.
    Pull,
    /// Starts (or makes) a container from it.
    Run,
    /// Asks whether it is here (`docker inspect`, `docker image inspect`).
    Inspect,
}

/// A command and the image it names.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) verb: Verb,
    pub(super) reference: Reference,
    pub(super) engine: &'static str,
}

const ENGINES: [&str; 6] = ["docker", "podman", "nerdctl", "crictl", "buildah", "skopeo"];

/// Flags without a value: long names, then the letters that may be clustered.
const BARE_LONG: [&str; 26] = [
    "detach",
    "interactive",
    "tty",
    "rm",
    "init",
    "privileged",
    "publish-all",
    "no-healthcheck",
    "oom-kill-disable",
    "read-only",
    "sig-proxy",
    "quiet",
    "disable-content-trust",
    "help",
    "tls-verify",
    "replace",
    "all-tags",
    "all",
    "no-hosts",
    "rmi",
    "http-proxy",
    "debug",
    "insecure-registry",
    "no-trunc",
    "unsetenv-all",
    "size",
];
const BARE_SHORT: &str = "ditPqas";

/// The command in a line: after a prompt, or where the framing marked it, or at its very start.
pub(super) fn find(text: &str, marked: bool) -> Option<Command> {
    // Most lines name no engine, and taking a line apart costs more than this.
    if !ENGINES.iter().any(|engine| text.contains(engine)) {
        return None;
    }
    let prompted = frame::prompt(text);
    let rest = prompted.unwrap_or(text).trim_start();
    let mut words = split(rest, 200);
    let mut at = 0;
    while words.get(at).is_some_and(|w| is_prefix(w)) {
        at += 1;
    }
    // `timeout 60 docker …`, `bash -c "docker …"`.
    if words.get(at).is_some_and(|w| w == "timeout") {
        at += 2;
    }
    if let [shell, flag, inner, ..] = &words[at.min(words.len())..]
        && matches!(shell.as_str(), "sh" | "bash" | "/bin/sh" | "/bin/bash")
        && matches!(flag.as_str(), "-c" | "-ec" | "-xc" | "-lc")
    {
        words = split(inner, 200);
        at = 0;
    }
    let engine = engine_of(words.get(at)?)?;
    // Without a prompt, only a line that is nothing but the command.
    let bare = prompted.is_none() && !marked;
    parse(engine, &words[at + 1..]).filter(|c| !bare || c.verb != Verb::Inspect)
}

fn is_prefix(word: &str) -> bool {
    matches!(word, "sudo" | "-E" | "time" | "exec" | "retry" | "winpty" | "command" | "&&" | "-n" | "env")
        || (word.contains('=')
            && word
                .split('=')
                .next()
                .is_some_and(|n| n.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())))
}

fn engine_of(word: &str) -> Option<&'static str> {
    let base = word.rsplit(['/', '\\']).next()?.trim_matches('"');
    let base = base.strip_suffix(".exe").unwrap_or(base);
    ENGINES.iter().find(|e| **e == base).copied()
}

fn parse(engine: &'static str, words: &[String]) -> Option<Command> {
    let mut rest = skip_options(words, &["debug", "D", "tls", "tlsverify", "remote", "syslog"]);
    let mut verb = rest.first()?.as_str();
    if matches!(verb, "image" | "container") {
        rest = &rest[1..];
        verb = match (verb, rest.first()?.as_str()) {
            ("image", "pull") => "pull",
            ("container", v @ ("run" | "create")) => v,
            (_, "inspect") => "inspect",
            _ => return None,
        };
    }
    let verb = match (engine, verb) {
        ("buildah", "from") | (_, "pull") => Verb::Pull,
        ("skopeo", "copy") => Verb::Pull,
        ("skopeo" | "buildah", _) => return None,
        (_, "run" | "create") => Verb::Run,
        (_, "inspect") => Verb::Inspect,
        _ => return None,
    };
    let image = first_argument(&rest[1..])?;
    let image = image.strip_prefix("docker://").unwrap_or(image);
    let all_tags = verb == Verb::Pull && rest.iter().any(|w| matches!(w.as_str(), "-a" | "--all-tags"));
    let reference = if all_tags { Reference::parse(image) } else { Reference::pullable(image) }.ok()?;
    (!built_here(&reference)).then_some(Command { verb, reference, engine })
}

/// `a1b2c3:<32 hex>` and `<40 hex>`: names that runners give to images they build themselves.
fn built_here(reference: &Reference) -> bool {
    let hex = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
    let last = reference.repository.path.rsplit('/').next().unwrap_or("");
    (hex(last, 6) && reference.tag.as_deref().is_some_and(|t| hex(t, 32))) || hex(last, 40) || hex(last, 64)
}

fn skip_options<'w>(words: &'w [String], bare: &[&str]) -> &'w [String] {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| w.starts_with('-')) {
        let name = word.trim_start_matches('-');
        at += if name.contains('=') || bare.contains(&name) { 1 } else { 2 };
    }
    words.get(at..).unwrap_or(&[])
}

/// The first word that is neither an option nor an option's value.
fn first_argument(words: &[String]) -> Option<&str> {
    let mut at = 0;
    loop {
        let word = words.get(at)?.as_str();
        at += match word {
            "--" => return words.get(at + 1).map(String::as_str),
            w if w.starts_with("--") => {
                let bare = w.contains('=') || BARE_LONG.contains(&&w[2..]);
                if bare { 1 } else { 2 }
            }
            w if w.starts_with('-') && w.len() > 1 => short_option(w),
            _ => return (!word.contains(['$', '`', '*', '<', '{'])).then_some(word),
        };
    }
}

/// `-it` and `-d` stand alone, `-p 80:80` takes the next word, `-p80:80` holds its value.
fn short_option(word: &str) -> usize {
    let letters = &word[1..];
    let values = letters.char_indices().find(|(_, c)| !BARE_SHORT.contains(*c));
    match values {
        None => 1,
        Some((at, c)) if at + c.len_utf8() == letters.len() => 2,
        Some(_) => 1,
    }
}

/// Words as a shell splits them; quotes come off. At most `limit` words.
pub(super) fn split(text: &str, limit: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut open = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None) => word.extend(chars.next()),
            (q, Some(open_quote)) if q == open_quote => quote = None,
            (_, Some(_)) => word.push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                open = true;
            }
            (c, None) if c.is_whitespace() => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                    open = false;
                    if words.len() >= limit {
                        return words;
                    }
                }
            }
            (';' | '|' | '&', None) if !word.is_empty() || !words.is_empty() => break,
            _ => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Option<String> {
        find(text, false).map(|c| format!("{:?} {}", c.verb, c.reference))
    }

    #[test]
    fn the_image_is_the_first_argument() {
        let run = |s: &str| Some(format!("Run docker.io/library/{s}"));
        assert_eq!(image("$ docker run -p 80:80 --name x -d redis"), run("redis:latest"));
        assert_eq!(image("docker run -t -d -u 0:0 -v /a:/b -e ******** docker:27-cli cat"), run("docker:27-cli"));
        assert_eq!(image("+ docker run --rm -itv /a:/b --pull=always alpine:3 sh -c 'a b'"), run("alpine:3"));
        assert_eq!(
            image("root@h:~# docker --config /x pull alpine"),
            Some("Pull docker.io/library/alpine:latest".into())
        );
        assert_eq!(
            image("PS C:\\Users\\u> docker image pull ubuntu:20.04"),
            Some("Pull docker.io/library/ubuntu:20.04".into())
        );
        assert_eq!(image(" docker  pull  openjdk "), Some("Pull docker.io/library/openjdk:latest".into()));
        assert_eq!(image("skopeo copy docker://a/b:1 dir:x"), Some("Pull docker.io/a/b:1".into()));
    }

    #[test]
    fn what_cannot_be_decided_is_no_image() {
        for text in [
            "$ docker pull $IMAGE",
            "docker pull",
            "+ docker run ${X:-a}",
            "run docker pull x and see",
            "docker ps",
            "$ docker run 0a1b2c:0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(image(text), None, "{text}");
        }
    }
}
