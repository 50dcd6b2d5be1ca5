//! The manifest: what is looked for, where, and in which parts. The same bytes for everybody who works on it.

use std::cmp::Reverse;
use std::fmt::Write as _;

use decon_core::digest::Digest;
use decon_core::indicator::Sought;
use serde::{Deserialize, Serialize};

use crate::files::Part;

const SCHEMA: &str = "decon.manifest/1";

/// How lines are read, as a person wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Base64 too.
    #[serde(default)]
    pub deep: bool,
    /// Zone of times that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_tz: Option<String>,
    /// Year of times that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
    /// Squid's logformat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logformat: Option<String>,
    /// Fields of VPC flow logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_fields: Option<String>,
}

/// What is looked for, where, and in which parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// How lines are read.
    pub asked: Asked,
    /// The indicators.
    pub sought: Vec<Sought>,
    /// The parts, in the order in which one run would tell them.
    pub parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    schema: String,
    asked: Asked,
    sought: Vec<Sought>,
}

impl Manifest {
    /// As JSON lines: what is looked for, then a part a line.
    pub fn text(&self) -> String {
        let head = Head { schema: SCHEMA.into(), asked: self.asked.clone(), sought: self.sought.clone() };
        let mut text = String::new();
        let _ = writeln!(text, "{}", serde_json::json!(head));
        for part in &self.parts {
            let _ = writeln!(text, "{}", serde_json::json!(part));
        }
        text
    }

    /// Reads it.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let head: Head = serde_json::from_str(lines.next().unwrap_or_default()).map_err(|e| format!("line 1: {e}"))?;
        if head.schema != SCHEMA {
            return Err(format!("line 1: schema {:?}; this decon reads {SCHEMA}", head.schema));
        }
        let part = |(n, line)| serde_json::from_str(line).map_err(|e| format!("line {}: {e}", n + 2));
        let parts = lines.enumerate().map(part).collect::<Result<Vec<Part>, String>>()?;
        Ok(Self { asked: head.asked, sought: head.sought, parts })
    }

    /// Its identity.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// The parts of one shard, by their place: the largest first, each to the shard that has least.
    pub fn of_shard(&self, shard: Shard) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by_key(|at| (Reverse(self.parts[*at].bytes), *at));
        let mut loads = vec![0u64; shard.of];
        let mut mine = Vec::new();
        for at in order {
            let least = (0..shard.of).min_by_key(|n| (loads[*n], *n)).unwrap_or(0);
            // A file that is only opened costs something too.
            loads[least] += self.parts[at].bytes + 4096;
            if least + 1 == shard.number {
                mine.push(at);
            }
        }
        mine.sort_unstable();
        mine
    }
}

/// `2/5`: the second of five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Shard {
    /// The only one.
    pub const WHOLE: Self = Self { number: 1, of: 1 };
}

impl std::str::FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text.split_once('/').ok_or("a shard is written i/n, such as 2/5")?;
        let read = |text: &str| text.trim().parse::<usize>().map_err(|_| format!("{text:?} is no number"));
        let (number, of) = (read(number)?, read(of)?);
        if number == 0 || number > of || of > 100_000 {
            return Err(format!("{number}/{of}: shards are 1/{of} to {of}/{of}, at most 100000"));
        }
        Ok(Self { number, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(sizes: &[u64]) -> Manifest {
        let part = |(n, bytes): (usize, &u64)| Part {
            path: format!("log-{n}").into(),
            bytes: *bytes,
            range: (n % 2 == 0).then_some((0, *bytes)),
            named: false,
            gap: None,
        };
        let sought = vec![Sought::parse("c2.example.net").expect("one"), Sought::parse("10.1.2.0/24").expect("one")];
        Manifest {
            asked: Asked { year: Some(2026), ..Asked::default() },
            sought,
            parts: sizes.iter().enumerate().map(part).collect(),
        }
    }

    #[test]
    fn it_survives_its_text() {
        let manifest = manifest(&[1, 2, 3]);
        assert_eq!(Manifest::parse(&manifest.text()).as_ref(), Ok(&manifest));
        assert!(Manifest::parse("").is_err());
        assert!(Manifest::parse("{\"schema\":\"x\"}").is_err());
    }

    #[test]
    fn shards_have_every_part_once_and_like_loads() {
        let manifest = manifest(&[900, 10, 400, 400, 90, 5, 300_000, 120_000, 170_000, 0]);
        for of in 1..12 {
            let mut all: Vec<usize> = (1..=of).flat_map(|number| manifest.of_shard(Shard { number, of })).collect();
            all.sort_unstable();
            assert_eq!(all, (0..10).collect::<Vec<_>>());
        }
        let load = |number| -> u64 {
            manifest.of_shard(Shard { number, of: 2 }).iter().map(|at| manifest.parts[*at].bytes).sum()
        };
        assert!(load(1).abs_diff(load(2)) < 20_000);
        assert!("0/3".parse::<Shard>().is_err() && "4/3".parse::<Shard>().is_err() && "x".parse::<Shard>().is_err());
    }
}
