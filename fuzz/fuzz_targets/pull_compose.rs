//! Fuzzes the pull format `compose` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::pull("compose", bytes));
