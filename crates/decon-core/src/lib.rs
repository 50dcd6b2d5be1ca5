//! Values and judgement: what a bad image is, what evidence shows, and what follows from it.
//!
//! Everything here is synchronous and pure: no file, no network, no clock, no randomness. The
//! same observations and advisories always give the same verdicts.

pub mod advisory;
pub mod case;
pub mod correlate;
pub mod coverage;
pub mod digest;
pub mod indicator;
pub mod judge;
pub mod observation;
pub mod reference;
pub mod verdict;
pub mod window;
