//! Fuzzes the hunt: two stages find what looking at every line finds, in blocks of any size.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::hunt(bytes));
