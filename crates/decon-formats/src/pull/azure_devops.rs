//! Azure Pipelines: what the agent says besides docker's own lines
//! (azure-pipelines-agent `ContainerOperationProviderEnhanced.cs`).

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// Azure Pipelines job logs.
#[derive(Debug)]
pub(super) struct AzureDevops;

impl PullFormat for AzureDevops {
    fn name(&self) -> &'static str {
        "azure-devops"
    }
    fn doc(&self) -> &'static str {
        "Azure Pipelines agent lines that name a container image besides docker's own output."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ulling"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Agent))
    }
}

#[derive(Debug)]
struct Agent;

impl Reader for Agent {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let Some(rest) = line.text.trim().strip_prefix("Pulling container image: ") else { return };
        if let Some(reference) = rest.split_whitespace().next().and_then(|i| Reference::pullable(i).ok()) {
            out.emit(Draft::image(Event::Referenced, reference, "azure-devops", Mark::at(line)));
        }
    }
}
