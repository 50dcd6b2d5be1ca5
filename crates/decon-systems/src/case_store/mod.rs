//! The case on disk.
