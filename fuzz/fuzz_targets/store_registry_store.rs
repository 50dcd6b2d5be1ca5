//! Fuzzes the store layout `registry-store`: no panic, whatever its files hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::store("registry-store", bytes));
