//! One large file read by several threads: each reads and searches a block, one takes them in order.
//!
//! Blocks are cut anywhere; who takes them joins what lies over an edge. Memory is bounded by the
//! portions, which go round: a thread holds one before it takes the next place, so that every
//! place given out is also delivered.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

/// Bytes of a block: with what the search needs they stay in the second-level cache.
const BLOCK: usize = 1024 << 10;
/// Blocks read ahead, a thread.
const AHEAD: usize = 4;

/// A block on its way from a thread that searched it to the one that takes it.
struct Portion<T> {
    bytes: Vec<u8>,
    found: T,
    failed: Option<io::Error>,
}

/// Reads `size` bytes of the file from its start, `search`es blocks on `threads` threads, and hands
/// them to `take` in order. What was appended since `size` was asked for is not read.
///
/// Errors: that of the first block that cannot be read; those before it were taken.
pub(super) fn ordered<T: Default + Send>(
    file: &File,
    size: u64,
    threads: usize,
    search: impl Fn(&[u8], &mut T) + Sync,
    mut take: impl FnMut(&[u8], &T),
) -> io::Result<()> {
    let (give_back, free) = mpsc::channel();
    for _ in 0..threads * AHEAD {
        // The receiver lives as long as this function.
        let _ = give_back.send(Portion { bytes: Vec::new(), found: T::default(), failed: None });
    }
    let free = Mutex::new(free);
    let turn = AtomicU64::new(0);
    let (send, receive) = mpsc::channel::<(u64, Portion<T>)>();
    std::thread::scope(|scope| {
        // Both end with this closure, whatever happens: then no thread waits for anything.
        let (give_back, receive) = (give_back, receive);
        for _ in 0..threads {
            let (send, free, turn, search) = (send.clone(), &free, &turn, &search);
            scope.spawn(move || {
                while let Some(mut portion) = next_free(free) {
                    let at = turn.fetch_add(1, Ordering::Relaxed);
                    let from = at.saturating_mul(BLOCK as u64);
                    if from >= size {
                        return;
                    }
                    portion.read(file, from, usize::try_from(size - from).map_or(BLOCK, |left| left.min(BLOCK)));
                    portion.search(search);
                    if send.send((at, portion)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        in_order(&receive, |mut portion| {
            take(&portion.bytes, &portion.found);
            let failed = portion.failed.take();
            let _ = give_back.send(portion);
            failed.map_or(Ok(()), Err)
        })
    })
}

fn next_free<T>(free: &Mutex<mpsc::Receiver<Portion<T>>>) -> Option<Portion<T>> {
    free.lock().ok()?.recv().ok()
}

/// Stops at the first error; then the threads find nobody to send to, and stop too.
fn in_order<T>(
    receive: &mpsc::Receiver<(u64, Portion<T>)>,
    mut take: impl FnMut(Portion<T>) -> io::Result<()>,
) -> io::Result<()> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (at, portion) in receive {
        waiting.insert(at, portion);
        while let Some(portion) = waiting.remove(&next) {
            take(portion)?;
            next += 1;
        }
    }
    Ok(())
}

impl<T> Portion<T> {
    /// A defect of ours must not leave the others waiting for this block.
    fn search(&mut self, search: &impl Fn(&[u8], &mut T)) {
        let attempt = std::panic::AssertUnwindSafe(|| search(&self.bytes, &mut self.found));
        if std::panic::catch_unwind(attempt).is_err() {
            self.failed = Some(io::Error::other("decon failed on it: a defect; report it with the file"));
        }
    }

    fn read(&mut self, file: &File, from: u64, bytes: usize) {
        self.bytes.resize(bytes, 0);
        let mut done = 0;
        while done < bytes {
            match file.read_at(&mut self.bytes[done..], from + done as u64) {
                // The file was cut while it was read.
                Ok(0) => {
                    self.failed =
                        Some(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was read"));
                    break;
                }
                Ok(more) => done += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        self.bytes.truncate(done);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let path = std::env::temp_dir().join(format!("decon-blocks-{}-{}", std::process::id(), bytes.len()));
        File::create(&path).and_then(|mut f| f.write_all(bytes)).expect("written");
        let file = File::open(&path).expect("opened");
        std::fs::remove_file(&path).expect("removed");
        file
    }

    #[test]
    fn blocks_come_whole_and_in_order() {
        let bytes: Vec<u8> = (0..5 * BLOCK + 77).map(|i| (i % 251) as u8).collect();
        let mut taken = Vec::new();
        let search = |block: &[u8], sum: &mut u64| *sum = block.iter().map(|b| u64::from(*b)).sum();
        let end = ordered(&file(&bytes), bytes.len() as u64, 3, search, |block, sum| {
            assert_eq!(*sum, block.iter().map(|b| u64::from(*b)).sum::<u64>());
            taken.extend_from_slice(block);
        });
        assert!(end.is_ok());
        assert!(taken == bytes);
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error_after_what_is_there() {
        let bytes = vec![7; 3 * BLOCK + 5];
        let mut taken = 0;
        let end = ordered(&file(&bytes), 40 * BLOCK as u64, 2, |_, (): &mut ()| {}, |block, ()| taken += block.len());
        assert_eq!(end.err().map(|e| e.kind()), Some(io::ErrorKind::UnexpectedEof));
        assert_eq!(taken, bytes.len());
    }

    #[test]
    fn a_defect_in_one_block_stops_nobody_else() {
        let bytes = vec![7; 64 * BLOCK];
        let search = |_: &[u8], (): &mut ()| panic!("a defect");
        assert!(ordered(&file(&bytes), bytes.len() as u64, 2, search, |_, ()| {}).is_err());
    }
}
