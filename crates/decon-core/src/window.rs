//! Time: attack windows, and the time of evidence, which is often uncertain.
//!
//! A window test therefore asks "may it contain?". Nothing here reads a clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A span of time, half open: `from` is inside, `until` is not. `None` means unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// First instant after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Window {
    /// The whole of time.
    pub const ALWAYS: Self = Self { from: None, until: None };

    /// Whether this instant is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Whether something that happened `when` may have happened inside.
    pub fn may_contain(&self, when: &When) -> bool {
        match when {
            When::At(at) => self.contains(*at),
            When::Between { from, until } => self.overlaps(&Self {
                from: *from,
                until: until.map(|u| u.saturating_add(jiff::Span::new().nanoseconds(1)).unwrap_or(u)),
            }),
            When::Unstated => true,
        }
    }

    /// Whether the two share an instant.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before =
            |until: Option<Timestamp>, from: Option<Timestamp>| matches!((until, from), (Some(u), Some(f)) if u <= f);
        !before(self.until, other.from) && !before(other.until, self.from)
    }

    /// The smallest window that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            from: self.from.zip(other.from).map(|(a, b)| a.min(b)),
            until: self.until.zip(other.until).map(|(a, b)| a.max(b)),
        }
    }
}

/// When a piece of evidence says that something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// At this instant, UTC.
    At(Timestamp),
    /// Somewhere between the two (inclusive), each unbounded when absent.
    Between {
        /// Not before.
        from: Option<Timestamp>,
        /// Not after.
        until: Option<Timestamp>,
    },
    /// The evidence gives no date, year or zone that would place it.
    #[default]
    Unstated,
}

impl When {
    /// The instant, when it is known.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            _ => None,
        }
    }

    /// The earliest instant it may have been.
    pub fn earliest(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            Self::Between { from, .. } => *from,
            Self::Unstated => None,
        }
    }

    /// The latest instant it may have been.
    pub fn latest(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            Self::Between { until, .. } => *until,
            Self::Unstated => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_half_open_and_asks_whether_it_may_contain() {
        let window = Window { from: Some(t("2026-04-22T12:31:00Z")), until: Some(t("2026-04-22T15:41:31Z")) };
        assert!(window.contains(t("2026-04-22T12:31:00Z")));
        assert!(!window.contains(t("2026-04-22T15:41:31Z")));
        assert!(window.may_contain(&When::Unstated));
        let day = When::Between { from: Some(t("2026-04-22T00:00:00Z")), until: Some(t("2026-04-23T00:00:00Z")) };
        assert!(window.may_contain(&day));
        let edge = When::Between { from: None, until: Some(t("2026-04-22T12:31:00Z")) };
        assert!(window.may_contain(&edge), "an inclusive end may be the first instant of the window");
        let before = When::Between { from: None, until: Some(t("2026-04-22T12:30:59Z")) };
        assert!(!window.may_contain(&before));
    }
}
