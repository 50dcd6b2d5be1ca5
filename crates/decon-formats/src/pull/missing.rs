//! Logs that are not there: what APIs and tools answer when a log has expired or was erased.
//! An expired log is a gap, never a clean log.

use decon_core::coverage::GapKind;

use super::line::Line;
use super::sink::Sink;
use super::{PullFormat, Reader};

/// Answers in place of a log.
#[derive(Debug)]
pub(super) struct Missing;

impl PullFormat for Missing {
    fn name(&self) -> &'static str {
        "missing-log"
    }
    fn doc(&self) -> &'static str {
        "Answers in place of a log: expired, erased, not found. They become gaps."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["HTTP 410", "log not found", "have expired", "been erased"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Answer))
    }
}

#[derive(Debug)]
struct Answer;

impl Reader for Answer {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        // Such an answer is all there is; further down it is some program's own output.
        if line.number <= 5 {
            let reason = format!(
                "this is not the log but the answer that it is gone: {}",
                line.text.trim().chars().take(120).collect::<String>()
            );
            out.gap(GapKind::Expired, &reason, "look for a copy: an artifact bucket, a log shipper, a runner's disk");
        }
    }
}
