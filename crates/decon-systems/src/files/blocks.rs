//! One large file read by several threads: each reads and searches a block, then takes its turn.
//!
//! Blocks are cut anywhere; who takes them joins what lies over an edge. A thread has one buffer,
//! which stays in its cache from the kernel's copy to the taking; nothing is handed to another
//! thread, and memory is a buffer a thread.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Bytes read at once: they and what the search needs stay in the second-level cache, so that the
/// kernel's copy and our pass over it do not go to memory.
pub(super) const BLOCK: usize = 128 << 10;
/// Looks at whose turn it is before a thread goes to sleep: about the time that a block takes.
const LOOKS: u32 = 4000;

/// Whose turn it is, and what takes blocks.
struct Turns<F> {
    next: AtomicU64,
    taking: Mutex<(F, io::Result<()>)>,
    changed: Condvar,
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
    take: impl FnMut(&[u8], &T) + Send,
) -> io::Result<()> {
    let given = AtomicU64::new(0);
    let turns = Turns { next: AtomicU64::new(0), taking: Mutex::new((take, Ok(()))), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (given, turns, search) = (&given, &turns, &search);
            scope.spawn(move || {
                let mut bytes = Vec::new();
                let mut found = T::default();
                loop {
                    let at = given.fetch_add(1, Ordering::Relaxed);
                    let from = at.saturating_mul(BLOCK as u64);
                    if from >= size {
                        return;
                    }
                    let read = fill(&mut bytes, file, from, size - from);
                    let read = read.and(searched(search, &bytes, &mut found));
                    if !turns.take(at, &bytes, &found, read) {
                        return;
                    }
                }
            });
        }
    });
    turns.taking.into_inner().map_or_else(|_| Err(defect()), |(_, ended)| ended)
}

impl<F> Turns<F> {
    /// Waits for the turn of block `at` and takes it; says whether to go on.
    fn take<T>(&self, at: u64, bytes: &[u8], found: &T, read: io::Result<()>) -> bool
    where
        F: FnMut(&[u8], &T),
    {
        let mut looks = 0;
        while self.next.load(Ordering::Acquire) != at && looks < LOOKS {
            std::hint::spin_loop();
            looks += 1;
        }
        let Ok(mut taking) = self.taking.lock() else { return false };
        while self.next.load(Ordering::Acquire) != at {
            // A thread that failed while it took wakes nobody: so look again now and then.
            let Ok((woken, _)) = self.changed.wait_timeout(taking, Duration::from_millis(20)) else { return false };
            taking = woken;
        }
        if taking.1.is_ok() {
            (taking.0)(bytes, found);
            taking.1 = read;
        }
        let go_on = taking.1.is_ok();
        self.next.store(at + 1, Ordering::Release);
        drop(taking);
        self.changed.notify_all();
        go_on
    }
}

/// A defect of ours must not leave the others waiting for this block.
fn searched<T>(search: &impl Fn(&[u8], &mut T), bytes: &[u8], found: &mut T) -> io::Result<()> {
    let attempt = std::panic::AssertUnwindSafe(|| search(bytes, found));
    std::panic::catch_unwind(attempt).map_err(|_| defect())
}

fn defect() -> io::Error {
    io::Error::other("decon failed on it: a defect; report it with the file")
}

fn fill(bytes: &mut Vec<u8>, file: &File, from: u64, left: u64) -> io::Result<()> {
    bytes.resize(usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK)), 0);
    let mut done = 0;
    let mut ended = Ok(());
    while done < bytes.len() && ended.is_ok() {
        match file.read_at(&mut bytes[done..], from + done as u64) {
            Ok(0) => ended = Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was read")),
            Ok(more) => done += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => ended = Err(error),
        }
    }
    bytes.truncate(done);
    ended
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
