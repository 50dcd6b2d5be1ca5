//! Everything outside the process: files on this machine, and the case on disk.
//!
//! Reading evidence never writes, locks or changes it. What cannot be read is a gap with its
//! reason; the rest is still read.

pub mod case_store;
pub mod files;
#[cfg(feature = "nats")]
pub mod nats;
pub mod shard;
