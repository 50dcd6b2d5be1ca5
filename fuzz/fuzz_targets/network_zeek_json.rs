//! Fuzzes the network format `zeek-json` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::network("zeek-json", bytes));
