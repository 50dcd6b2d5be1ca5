//! Fuzzes the advisory parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::advisory(bytes));
