//! Fuzzes the network format `capture` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::network("capture", bytes));
