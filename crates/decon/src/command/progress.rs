//! A progress bar on a terminal for what takes over a second, and Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use decon_systems::files::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress that Ctrl-C stops: what is being read is finished, what was read is kept.
pub(crate) fn stoppable() -> Arc<Progress> {
    let progress = Arc::new(Progress::default());
    let shared = Arc::clone(&progress);
    // A second handler in one process would be an error; there is one command a process.
    #[allow(clippy::exit, reason = "the second signal asks to end at once; what was written is kept")]
    let stop = move || {
        if shared.stop.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
    };
    let _ = ctrlc::set_handler(stop);
    progress
}

/// Shows the progress until the returned guard is dropped. Silent off a terminal.
pub(crate) fn show(progress: &Arc<Progress>) -> Shown {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("reading {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let (shared, handle) = (Arc::clone(progress), bar.clone());
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ended = Arc::clone(&done);
    let thread = std::thread::spawn(move || {
        for turn in 0u32.. {
            if ended.load(Ordering::Relaxed) {
                break;
            }
            if turn >= 10 {
                handle.set_length(shared.total.load(Ordering::Relaxed));
                handle.set_position(shared.done.load(Ordering::Relaxed));
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    });
    Shown { bar, done, thread: Some(thread) }
}

/// A shown progress bar.
pub(crate) struct Shown {
    bar: ProgressBar,
    done: Arc<std::sync::atomic::AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
