//! Limits that keep hostile archives from filling memory, disk or time. Each says why.

/// Archives in archives in archives: no exporter nests deeper.
pub(super) const DEPTH: u32 = 6;
/// Members of one archive; a GitHub run has hundreds, a full node copy some hundred thousands.
pub(super) const MEMBERS: u64 = 1_000_000;
/// Decompressed bytes of one file, whatever its members: beyond it is a bomb or needs a split.
pub(super) const EXPANDED_BYTES: u64 = 256 << 30;
/// Output for each byte of input; logs compress to 1:30, zeros to 1:1030 with deflate. Applied
/// once [`RATIO_FLOOR`] bytes have come out, for a small file may be all zeros honestly.
pub(super) const RATIO: u64 = 2000;
/// Below this many bytes out no ratio is a bomb.
pub(super) const RATIO_FLOOR: u64 = 1 << 30;
/// An archive inside a compressed stream has to be held in memory to be read at random.
pub(super) const HELD_BYTES: u64 = 512 << 20;
/// Members of tar files that may be parts of an image layout are held up to this size each.
pub(super) const LAYOUT_MEMBER_BYTES: u64 = 8 << 20;
/// And up to this size together.
pub(super) const LAYOUT_BYTES: u64 = 256 << 20;
