//! Network logs: what a line of a proxy, resolver, firewall, flow or endpoint log says.
//!
//! A [`NetworkFormat`] reads one line that is already known to hold an indicator, so being exact
//! matters more than being fast. Formats are tried in the order of [`FORMATS`], the loosest last.
//! One file, one line in the table, one pair of fixtures each; JSON formats are tables of keys.

mod about;
mod alb;
mod asa;
mod bind;
mod captured;
mod cef;
mod cloudflare;
mod combined;
mod contact;
mod coredns;
mod csv;
mod csv_named;
mod dnsmasq;
mod envoy;
mod falco;
mod fortigate;
mod generic_json;
mod haproxy;
mod harden_runner;
mod header;
mod hubble;
mod hunt;
mod key_value;
mod layout;
mod leef;
mod line;
mod logformat;
mod osquery;
mod panw;
mod route53;
mod shape;
mod spelling;
mod squid;
mod suricata;
mod sysmon;
mod tetragon;
mod umbrella;
mod unbound;
mod usual;
mod vpc_flow;
mod w3c;
mod windows_dns;
mod zeek;
mod zscaler;

pub use contact::{Contact, Outcome};
pub(crate) use csv::cells;
pub use header::Header;
pub use hunt::{Hit, HuntReader, HuntScanned, Hunted, Hunter, Kept, LEAD, read_as};
pub use layout::Layout;
pub use line::NetLine;
pub use logformat::LogFormat;

/// One format of network evidence.
pub trait NetworkFormat: Sync {
    /// Its name in hits, kebab-case. Public: it never changes.
    fn name(&self) -> &'static str;
    /// One sentence: what writes it.
    fn doc(&self) -> &'static str;
    /// What the line says; `None` where it is of another format.
    fn read(&self, line: &NetLine<'_>) -> Option<Contact>;
}

/// Every format; what is told by sure marks comes first.
pub const FORMATS: &[&dyn NetworkFormat] = &[
    &captured::CAPTURED,
    &zeek::ZEEK_JSON,
    &suricata::SURICATA,
    &cloudflare::CLOUDFLARE,
    &route53::ROUTE53,
    &zscaler::ZSCALER,
    &falco::FALCO,
    &tetragon::TETRAGON,
    &hubble::HUBBLE,
    &osquery::OSQUERY,
    &sysmon::SYSMON_JSON,
    &envoy::ENVOY,
    &generic_json::GENERIC_JSON,
    &zeek::ZeekTsv,
    &w3c::W3c,
    &sysmon::SysmonXml,
    &cef::Cef,
    &leef::Leef,
    &harden_runner::HardenRunner,
    &windows_dns::WindowsDns,
    &bind::Bind,
    &unbound::Unbound,
    &coredns::Coredns,
    &dnsmasq::Dnsmasq,
    &asa::Asa,
    &fortigate::Fortigate,
    &panw::Panw,
    &umbrella::Umbrella,
    &alb::Alb,
    &haproxy::Haproxy,
    &squid::Squid,
    &combined::Combined,
    &vpc_flow::VpcFlow,
    &csv_named::CsvNamed,
    &key_value::KeyValue,
];
