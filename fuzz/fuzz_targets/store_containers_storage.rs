//! Fuzzes the store layout `containers-storage`: no panic, whatever its files hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::store("containers-storage", bytes));
