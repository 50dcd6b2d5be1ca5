//! Fuzzes the scanner with framing and every format: no panic, and blocks do not matter.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::scan(bytes));
