//! Fuzzes the site format `jenkinsfile`: no panic, and every span is a span of the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decon_fuzz::site("jenkinsfile", bytes));
