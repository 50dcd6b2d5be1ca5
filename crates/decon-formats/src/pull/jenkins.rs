//! Jenkins docker-workflow (plugin `Docker.groovy`): `docker inspect -f . X` answers `.` when the
//! image is there, so nothing is pulled and no digest is printed anywhere.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::command::{self, Verb};
use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// Jenkins console logs.
#[derive(Debug)]
pub(super) struct Jenkins;

impl PullFormat for Jenkins {
    fn name(&self) -> &'static str {
        "jenkins"
    }
    fn doc(&self) -> &'static str {
        "Jenkins console logs: the docker-workflow plugin's test whether an image is on the agent."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["docker ", "provisioned from template"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Console>::default())
    }
}

#[derive(Debug, Default)]
struct Console {
    /// Inside the YAML of a pod template, which the Kubernetes plugin prints.
    pod: bool,
    asked: Option<(Reference, Mark)>,
    pulled: Vec<Reference>,
}

impl Reader for Console {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some((reference, mut mark)) = self.asked.take() {
            if text == "." {
                mark.join(line);
                // alwaysPull pulls before it inspects: then the answer says nothing new.
                if !self.pulled.contains(&reference) {
                    out.emit(Draft::image(Event::Cached, reference, "jenkins", mark));
                }
                return;
            }
            if text.is_empty() || text.starts_with("[Pipeline]") {
                self.asked = Some((reference, mark));
                return;
            }
        }
        if text.contains("provisioned from template") || text.starts_with("kind: \"Pod\"") {
            self.pod = true;
        }
        if self.pod {
            self.pod = !(text.starts_with("[Pipeline]") || text.starts_with("Running on "));
            out.want(60);
            if let Some(image) = text.trim_start_matches("- ").strip_prefix("image: ") {
                if let Ok(reference) = Reference::pullable(image.trim_matches(['"', '\''])) {
                    out.emit(Draft::image(Event::Referenced, reference, "jenkins", Mark::at(line)));
                }
                return;
            }
        }
        match command::find(text, line.command) {
            Some(found) if found.verb == Verb::Inspect && text.contains("inspect -f . ") => {
                self.asked = Some((found.reference, Mark::at(line)));
                out.want(3);
            }
            Some(found) if found.verb == Verb::Pull => self.pulled.push(found.reference),
            _ => {}
        }
    }
}
