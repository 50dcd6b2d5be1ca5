//! The byte engine: which of many literals stand where in a block of bytes, at memory speed.
//!
//! It knows nothing of logs, images or indicators: the readers of pull logs and the hunt through
//! network logs search with the same piece. Sync, without I/O, and the one crate that may hold
//! `unsafe` code (vector loads; each block says why it is sound).

mod finder;
mod hosts;
mod kernel;
mod lines;
mod sieve;
mod words;

pub use finder::{Case, Finder, Hit, NeedleError};
pub use hosts::{HostFinder, each_name};
pub use lines::{FoundLine, Lines};
