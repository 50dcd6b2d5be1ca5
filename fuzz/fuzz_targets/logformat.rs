//! Fuzzes squid's logformat and a line of it: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::logformat(bytes));
