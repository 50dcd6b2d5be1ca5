//! bbolt files, read only: pages, buckets, nothing else (etcd-io/bbolt `internal/common`).
//!
//! No lock, no mmap, no write. The valid meta page with the highest transaction is used, as the
//! engine itself would; a copied file may lag behind but is consistent. Every offset is checked.

/// A database in memory.
#[derive(Debug)]
pub(crate) struct Bolt<'b> {
    bytes: &'b [u8],
    page_size: usize,
    root: u64,
}

/// A bucket: a tree of pages, or a page inside its parent's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bucket<'b> {
    Page(u64),
    Inline(&'b [u8]),
}

/// A key's value, or the bucket under it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item<'b> {
    Value(&'b [u8]),
    Bucket(Bucket<'b>),
}

const MAGIC: u32 = 0xED0C_DAED;
const BRANCH: u16 = 1;
const LEAF: u16 = 2;
const BUCKET: u32 = 1;
/// Trees are shallow: a page of 4 KiB holds dozens of children.
const DEPTH: usize = 32;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// FNV-1a, the checksum of meta pages.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl<'b> Bolt<'b> {
    /// Opens a database.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, String> {
        let sizes = [4096, 8192, 16384, 32768, 65536, 1024, 2048];
        let second = sizes.iter().filter_map(|size| meta(bytes, *size));
        let best = meta(bytes, 0).into_iter().chain(second).max_by_key(|m| m.transaction);
        let best = best.ok_or("neither of its meta pages is valid")?;
        Ok(Self { bytes, page_size: best.page_size, root: best.root })
    }

    pub(crate) fn root(&self) -> Bucket<'b> {
        Bucket::Page(self.root)
    }

    /// Every item of a bucket, in order of keys.
    pub(crate) fn items(&self, bucket: Bucket<'b>) -> Vec<(&'b [u8], Item<'b>)> {
        let mut items = Vec::new();
        let mut budget = self.bytes.len() / self.page_size.max(1) + 2;
        match bucket {
            Bucket::Page(page) => self.page(page, 0, &mut budget, &mut items),
            Bucket::Inline(page) => self.leaf(page, &mut items),
        }
        items
    }

    /// The bucket of this name in another.
    pub(crate) fn bucket(&self, parent: Bucket<'b>, name: &str) -> Option<Bucket<'b>> {
        self.items(parent).into_iter().find_map(|(key, item)| match item {
            Item::Bucket(bucket) if key == name.as_bytes() => Some(bucket),
            _ => None,
        })
    }

    /// The value of this name in a bucket.
    pub(crate) fn value(&self, bucket: Bucket<'b>, name: &str) -> Option<&'b [u8]> {
        self.items(bucket).into_iter().find_map(|(key, item)| match item {
            Item::Value(value) if key == name.as_bytes() => Some(value),
            _ => None,
        })
    }

    /// The buckets in a bucket, with their names.
    pub(crate) fn buckets(&self, parent: Bucket<'b>) -> impl Iterator<Item = (String, Bucket<'b>)> + use<'b> {
        self.items(parent).into_iter().filter_map(|(key, item)| match item {
            Item::Bucket(bucket) => Some((String::from_utf8_lossy(key).into_owned(), bucket)),
            Item::Value(_) => None,
        })
    }

    fn page(&self, page: u64, depth: usize, budget: &mut usize, items: &mut Vec<(&'b [u8], Item<'b>)>) {
        // A damaged tree may point back at itself.
        if depth > DEPTH || *budget == 0 {
            return;
        }
        *budget -= 1;
        let Some(start) = usize::try_from(page).ok().and_then(|p| p.checked_mul(self.page_size)) else { return };
        let Some(bytes) = self.bytes.get(start..) else { return };
        match u16_at(bytes, 8) {
            Some(LEAF) => self.leaf(bytes, items),
            Some(BRANCH) => {
                let count = usize::from(u16_at(bytes, 10).unwrap_or(0));
                for i in 0..count {
                    let Some(child) = u64_at(bytes, 16 + i * 16 + 8) else { return };
                    self.page(child, depth + 1, budget, items);
                }
            }
            _ => {}
        }
    }

    fn leaf(&self, page: &'b [u8], items: &mut Vec<(&'b [u8], Item<'b>)>) {
        let count = usize::from(u16_at(page, 10).unwrap_or(0));
        for i in 0..count {
            let Some(item) = leaf_item(page, 16 + i * 16) else { return };
            items.push(item);
        }
    }
}

fn leaf_item(page: &[u8], at: usize) -> Option<(&[u8], Item<'_>)> {
    let flags = u32_at(page, at)?;
    let (position, key_size, value_size) =
        (u32_at(page, at + 4)? as usize, u32_at(page, at + 8)? as usize, u32_at(page, at + 12)? as usize);
    let start = at.checked_add(position)?;
    let middle = start.checked_add(key_size)?;
    let key = page.get(start..middle)?;
    let value = page.get(middle..middle.checked_add(value_size)?)?;
    if flags & BUCKET == 0 {
        return Some((key, Item::Value(value)));
    }
    let root = u64_at(value, 0)?;
    let bucket = if root == 0 { Bucket::Inline(value.get(16..)?) } else { Bucket::Page(root) };
    Some((key, Item::Bucket(bucket)))
}

struct Meta {
    page_size: usize,
    root: u64,
    transaction: u64,
}

fn meta(bytes: &[u8], start: usize) -> Option<Meta> {
    let body = bytes.get(start + 16..start + 16 + 64)?;
    let sound = u32_at(body, 0)? == MAGIC && u32_at(body, 4)? == 2 && u64_at(body, 56)? == fnv(&body[..56]);
    let page_size = u32_at(body, 8)? as usize;
    (sound && page_size >= 512).then_some(Meta { page_size, root: u64_at(body, 16)?, transaction: u64_at(body, 48)? })
}

/// Go's `time.MarshalBinary`: version, seconds since year 1, nanoseconds, zone.
pub(crate) fn go_time(bytes: &[u8]) -> Option<jiff::Timestamp> {
    let seconds = i64::from_be_bytes(bytes.get(1..9)?.try_into().ok()?);
    let nanos = i32::from_be_bytes(bytes.get(9..13)?.try_into().ok()?);
    (bytes.len() >= 15 && matches!(bytes[0], 1 | 2)).then_some(())?;
    jiff::Timestamp::new(seconds.checked_sub(62_135_596_800)?, nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_times_are_read() {
        let bytes = [1, 0, 0, 0, 0x0e, 0xe1, 0x7a, 0xaf, 0x40, 0x07, 0x5b, 0xcd, 0x15, 0xff, 0xff];
        assert_eq!(go_time(&bytes).unwrap().to_string(), "2026-04-22T12:00:00.123456789Z");
        assert_eq!(go_time(&bytes[..9]), None);
    }

    #[test]
    fn what_is_no_database_is_refused_without_a_panic() {
        assert!(Bolt::open(&[]).is_err());
        assert!(Bolt::open(&vec![0xed; 10_000]).is_err());
    }
}
