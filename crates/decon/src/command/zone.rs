//! What a person vouches for: `--assume-tz`, `--year`, `--logformat`, `--flow-fields`.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use decon_formats::network::{Layout, LogFormat};
use jiff::tz::{Offset, TimeZone};

use crate::cli::Reading;

/// What a person vouches for.
pub(crate) fn layout(reading: &Reading) -> anyhow::Result<Arc<Layout>> {
    let logformat = reading.logformat.as_deref().map(LogFormat::parse).transpose();
    let flow = reading.flow_fields.as_deref().map(Layout::flow_fields).transpose();
    Ok(Arc::new(Layout {
        zone: parse(reading.assume_tz.as_deref())?,
        year: reading.year,
        logformat: logformat.map_err(|e| anyhow!("--logformat: {e}"))?,
        flow: flow.map_err(|e| anyhow!("--flow-fields: {e}"))?.unwrap_or_default(),
    }))
}

/// Reads `Europe/Berlin`, `UTC`, `+02:00`, `-0530`.
pub(crate) fn parse(text: Option<&str>) -> anyhow::Result<Option<TimeZone>> {
    let Some(text) = text else { return Ok(None) };
    if let Some(offset) = fixed(text) {
        return Ok(Some(offset));
    }
    TimeZone::get(text)
        .map(Some)
        .with_context(|| format!("{text:?} is no time zone; write Europe/Berlin, UTC or +02:00"))
}

fn fixed(text: &str) -> Option<TimeZone> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let seconds =
        hours.parse::<i32>().ok()? * 3600 + if minutes.is_empty() { 0 } else { minutes.parse::<i32>().ok()? * 60 };
    // No place on earth is further off.
    (seconds <= 14 * 3600).then(|| Offset::from_seconds(sign * seconds).ok().map(TimeZone::fixed)).flatten()
}
