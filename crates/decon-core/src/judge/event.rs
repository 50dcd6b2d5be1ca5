//! What an event is worth: its level with malicious content, its level by name, and its verb.

use crate::observation::Event;
use crate::verdict::Level;

/// The level of an event whose digest is malicious.
pub(super) fn level_of_bad(event: Event) -> Level {
    match event {
        Event::Run => Level::Executed,
        Event::Pulled | Event::Cached | Event::Held | Event::Residue | Event::Pushed | Event::Action => Level::Present,
        Event::Referenced | Event::Resolved => Level::Exposed,
        Event::Cited | Event::Failed => Level::Cited,
        Event::Comprises | Event::Contacted => Level::Clear,
    }
}

/// The level of an event by an affected tag inside the window.
pub(super) fn level_of_name(event: Event) -> Level {
    match event {
        Event::Pulled | Event::Cached | Event::Run | Event::Referenced | Event::Held | Event::Residue => Level::Exposed,
        Event::Cited => Level::Cited,
        Event::Failed | Event::Resolved | Event::Pushed | Event::Comprises | Event::Action | Event::Contacted => {
            Level::Clear
        }
    }
}

/// The verb of a sentence about it.
pub(super) fn phrase(event: Event) -> &'static str {
    match event {
        Event::Pulled => "pulled",
        Event::Cached => "had in its cache",
        Event::Run => "ran",
        Event::Referenced => "asked for",
        Event::Failed => "failed to pull",
        Event::Cited => "names",
        Event::Held => "holds",
        Event::Residue => "held and removed",
        Event::Resolved => "resolved",
        Event::Action => "fetched",
        Event::Comprises => "contains",
        Event::Pushed => "pushed",
        Event::Contacted => "contacted",
    }
}
