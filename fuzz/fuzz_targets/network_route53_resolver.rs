//! Fuzzes the network format `route53-resolver` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::network("route53-resolver", bytes));
