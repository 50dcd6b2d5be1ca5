//! Digests: `algorithm:hex`, parsed or they do not exist, and the part of an image that one names.
//!
//! A 64-hex string is not a digest: container ids, layer file names and git commits look alike.
//! So a bare hex string never becomes a [`Digest`] here; the format that knows what a field
//! means says so with [`Digest::from_sha256_hex`]. Placeholders (`sha256:old`) and cut digests
//! are refused; a cut one may be a [`DigestPrefix`].

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong with a text that should be a digest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DigestError {
    /// There is no `algorithm:` in front.
    #[error("a digest is written algorithm:hex, such as sha256:<64 hex>; {0:?} has no algorithm")]
    NoAlgorithm(String),
    /// The algorithm is none that registries use.
    #[error("digest algorithm {0:?} is not known; use sha256 or sha512")]
    Algorithm(String),
    /// The number of hex characters does not fit the algorithm.
    #[error("a {algorithm} digest has {wanted} hex characters, this one has {found}")]
    Length {
        /// `sha256` or `sha512`.
        algorithm: &'static str,
        /// Characters the algorithm has.
        wanted: usize,
        /// Characters found.
        found: usize,
    },
    /// A character is not hex.
    #[error("{0:?} is not a hex character")]
    NotHex(char),
}

/// A content digest as the OCI image specification writes it (descriptor.md, "Digests").
///
/// Always lower case: evidence that was upper-cased by a tool still names the same content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(Box<str>);

fn algorithm_of(name: &str) -> Option<(&'static str, usize)> {
    match name {
        "sha256" => Some(("sha256", 64)),
        "sha384" => Some(("sha384", 96)),
        "sha512" => Some(("sha512", 128)),
        _ => None,
    }
}

impl Digest {
    /// Parses `sha256:<64 hex>`, `sha384:<96 hex>` or `sha512:<128 hex>`, in any letter case.
    ///
    /// # Errors
    /// [`DigestError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or_else(|| DigestError::NoAlgorithm(text.into()))?;
        let lower = name.to_ascii_lowercase();
        let (algorithm, wanted) = algorithm_of(&lower).ok_or(DigestError::Algorithm(lower))?;
        if let Some(odd) = hex.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(DigestError::NotHex(odd));
        }
        if hex.len() != wanted {
            return Err(DigestError::Length { algorithm, wanted, found: hex.len() });
        }
        Ok(Self(format!("{algorithm}:{}", hex.to_ascii_lowercase()).into()))
    }

    /// The digest of 64 hex characters that a format knows to be SHA-256 of content.
    pub fn from_sha256_hex(hex: &str) -> Option<Self> {
        Self::parse(&format!("sha256:{hex}")).ok()
    }

    /// The SHA-256 of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::from_sha256_bytes(&sha2::Sha256::digest(bytes))
    }

    /// The digest that a finished SHA-256 computation gives (32 bytes).
    pub fn from_sha256_bytes(bytes: &[u8]) -> Self {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// `sha256:…`, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hex part.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// `sha256:` and twelve hex characters, for tables a person reads.
    pub fn short(&self) -> &str {
        self.0.get(..19).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0.into()
    }
}

/// The start of a sha256 digest whose rest was cut off by a terminal or a pager.
///
/// At least [`DigestPrefix::MIN_HEX`] characters: fewer could name too many things.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DigestPrefix(Box<str>);

impl DigestPrefix {
    /// Docker's own short form has twelve characters; fewer is no evidence.
    pub const MIN_HEX: usize = 12;

    /// Reads `sha256:` followed by 12 to 63 hex characters.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let fits = (Self::MIN_HEX..64).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// `sha256:…`, cut.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this digest starts so.
    pub fn begins(&self, digest: &Digest) -> bool {
        digest.as_str().starts_with(&*self.0)
    }
}

impl TryFrom<String> for DigestPrefix {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is not a cut sha256 digest"))
    }
}

impl From<DigestPrefix> for String {
    fn from(prefix: DigestPrefix) -> Self {
        prefix.0.into()
    }
}

/// Which part of an image a digest names.
///
/// Docker's classic image id is a config digest, its containerd store's id is an index or
/// manifest digest. Mixing them up is the commonest error in this field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A list of manifests, one a platform.
    Index,
    /// One platform's image.
    Manifest,
    /// An image's configuration: the classic "image id".
    Config,
    /// One layer, compressed as in a registry or as a diff id.
    Layer,
    /// A file's content.
    File,
    /// The evidence does not say.
    #[default]
    Unstated,
}

impl Role {
    /// The word used in evidence, advisories and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Layer => "layer",
            Self::File => "file",
            Self::Unstated => "unstated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_whole_or_does_not_exist() {
        let hex = "2588a44890263a8185bd5d9fadb6bc9220b60245dbcbc4da35e1b62a6f8c230d";
        let upper = format!("SHA256:{}", hex.to_uppercase());
        assert_eq!(Digest::parse(&upper).unwrap().as_str(), format!("sha256:{hex}"));
        assert!(matches!(Digest::parse(&format!("sha256:{hex}0")), Err(DigestError::Length { found: 65, .. })));
        assert!(matches!(Digest::parse("sha256:old"), Err(DigestError::NotHex('o'))));
        assert!(matches!(Digest::parse(hex), Err(DigestError::NoAlgorithm(_))));
        assert!(Digest::parse(&format!("sha512:{hex}{hex}")).is_ok());
        assert!(matches!(Digest::parse("md5:00"), Err(DigestError::Algorithm(_))));
    }

    #[test]
    fn a_cut_digest_is_a_prefix_only_when_it_says_enough() {
        let whole = Digest::of(b"x");
        assert!(DigestPrefix::parse(whole.as_str()).is_none());
        assert!(DigestPrefix::parse(&whole.as_str()[..18]).is_none());
        assert!(DigestPrefix::parse(&whole.as_str()[..19]).unwrap().begins(&whole));
    }
}
