//! Formats: hostile bytes in, observations and citations out.
//!
//! Pure and total: nothing here opens a file, and nothing here fails or panics. What cannot be
//! read becomes a gap with its reason. Every format is one file and one line in a table.

mod base64;
pub mod capture;
mod cut;
pub mod feed;
pub mod frame;
pub mod network;
pub mod pull;
pub mod rule;
pub mod site;
pub mod store;
pub mod yaml;
