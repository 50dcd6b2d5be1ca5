//! Fuzzes the network format `sysmon-xml` alone: no panic, whatever the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::network("sysmon-xml", bytes));
