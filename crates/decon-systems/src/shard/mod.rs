//! Sharing a hunt: a manifest of parts, a result for each part, and results merged to what one run gives.
//!
//! A result holds the lines that matter as they stand, not what was read out of them: a column
//! header or a line number may depend on another part. The merge reads those few lines in order,
//! with the same reader, so that it gives exactly what one run gives.

mod manifest;
mod merge;
mod outcome;
mod store;

pub use manifest::{Asked, Manifest, Shard};
pub use merge::merge;
pub use outcome::{PartOutcome, outcome_of};
pub use store::{ResultFolder, StoreError};
