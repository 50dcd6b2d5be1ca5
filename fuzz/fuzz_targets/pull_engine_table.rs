//! Fuzzes the pull format `engine-table` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::pull("engine-table", bytes));
