//! Fuzzes the network format `windows-dns` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::network("windows-dns", bytes));
