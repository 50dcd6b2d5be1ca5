//! kubelet's own log (klog): failures to pull, and the events it records.
//!
//! klog has neither year nor zone, so there is no time. One failure is told several times, each
//! line naming the image up to four times; it is one event an image.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::kubernetes_events;
use super::line::{Line, quoted_after};
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// kubelet logs.
#[derive(Debug)]
pub(super) struct Kubelet;

impl PullFormat for Kubelet {
    fn name(&self) -> &'static str {
        "kubelet"
    }
    fn doc(&self) -> &'static str {
        "kubelet logs: failed pulls and recorded image events."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["PullImage ", "to pull image", "ImagePull", "ulling", "ulled"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Log>::default())
    }
}

#[derive(Debug, Default)]
struct Log {
    failed: Vec<Reference>,
}

impl Reader for Log {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        if (text.contains("reason=\"Pull") || text.contains("reason: 'Pull") || text.contains("reason=\"Failed"))
            && let Some((reference, event)) = kubernetes_events::message(text)
        {
            out.emit(Draft::image(event, reference, "kubelet", Mark::at(line)));
            return;
        }
        // containerd's own line has the same words; there it is that format's.
        let failing = text.contains("PullImage from image service failed")
            || (text.starts_with("PullImage ") && text.contains("from image service failed"));
        let pod = text.starts_with("\"Failed to pull image\"")
            || text.contains("ErrImagePull")
            || text.contains("ImagePullBackOff");
        if !(failing || pod) {
            return;
        }
        let Some(reference) = image_of(text) else { return };
        let told = |f: &Reference| {
            f.repository == reference.repository && f.tag == reference.tag && f.digest == reference.digest
        };
        if !self.failed.iter().any(told) {
            self.failed.push(reference.clone());
            out.emit(Draft::image(Event::Failed, reference, "kubelet", Mark::at(line)));
        }
    }
}

/// `image="X"`, `PullImage "X" from image service`, `Back-off pulling image \"X\"`.
fn image_of(text: &str) -> Option<Reference> {
    let named = quoted_after(text, " image=")
        .or_else(|| quoted_after(text, "PullImage "))
        .or_else(|| quoted_after(text, "pulling image "))
        .or_else(|| quoted_after(text, "pull and unpack image "))
        .or_else(|| quoted_after(text, "pull image "))
        .or_else(|| quoted_after(text, "resolve reference "));
    Reference::pullable(named?).ok()
}
