//! Fuzzes references and digests: what parses prints and parses to the same again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::reference(bytes));
