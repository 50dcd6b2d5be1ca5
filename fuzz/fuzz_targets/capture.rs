//! Fuzzes captured packets, cut anywhere, of any link type: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::capture(bytes));
