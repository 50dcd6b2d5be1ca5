//! Pull logs: what clients, builders, daemons, registries and CI systems write about images.
//!
//! A [`PullFormat`] reads content; framing has come off before. One file, one line in
//! [`FORMATS`], one pair of fixtures each. The scanner finds candidate lines by the anchors of
//! all formats at once and gives each only to the formats whose anchor it holds.

mod access;
mod acr;
mod actions;
mod artifactory;
mod azure_devops;
mod bitbucket;
mod buildah;
mod buildkit;
mod buildkit_rawjson;
mod circleci;
mod cloud_build;
mod cloudtrail;
mod command;
mod compose;
mod containerd;
mod crane;
mod crio;
mod ctr;
mod distribution;
mod docker;
mod docker_events;
mod dockerd;
mod document;
mod ecs_task;
mod engine_table;
mod gar;
mod gitlab;
mod haproxy;
mod harbor;
mod inventory;
mod jenkins;
mod kaniko;
mod kubectl_describe;
mod kubelet;
mod kubernetes_events;
mod line;
mod missing;
mod nexus;
mod notification;
mod pod_status;
mod request;
mod scan;
mod sink;
mod skopeo;
mod suspects;
mod tekton;
mod testcontainers;

pub use line::Line;
pub use scan::{LogReader, Scanned, read_as};
pub use sink::{Context, Draft, Mark, Parsed, Sink};
pub use suspects::{Mention, Suspects};

use serde_json::Value;

/// Reads the content of lines of one stream, in order.
pub trait Reader: Send {
    /// Takes a line.
    fn line(&mut self, line: &Line<'_>, out: &mut Sink);
    /// The stream has ended: what was open is decided.
    fn end(&mut self, _out: &mut Sink) {}
}

/// One format of pull evidence.
pub trait PullFormat: Sync {
    /// Its name in observations, kebab-case. Public: it never changes.
    fn name(&self) -> &'static str;
    /// One sentence: what it is and what it records.
    fn doc(&self) -> &'static str;
    /// Byte strings of which every line that starts or ends an event holds one.
    fn anchors(&self) -> &'static [&'static str];
    /// A reader for one stream of lines.
    fn reader(&self) -> Option<Box<dyn Reader>> {
        None
    }
    /// Reads a JSON value if it is one of this format's; says whether it was.
    fn json(&self, _value: &Value, _mark: &Mark, _out: &mut Sink) -> bool {
        false
    }
}

/// Every format, in alphabetical order but for those that must see a line first.
pub const FORMATS: &[&dyn PullFormat] = &[
    &actions::Actions,
    &access::Access,
    &acr::Acr,
    &artifactory::Artifactory,
    &azure_devops::AzureDevops,
    &buildah::Buildah,
    &buildkit::Buildkit,
    &buildkit_rawjson::BuildkitRawjson,
    &circleci::Circleci,
    &cloud_build::CloudBuild,
    &cloudtrail::Cloudtrail,
    &compose::Compose,
    &containerd::Containerd,
    &crane::Crane,
    &crio::Crio,
    &ctr::Ctr,
    &bitbucket::Bitbucket,
    &distribution::Distribution,
    &docker::Docker,
    &docker_events::DockerEvents,
    &dockerd::Dockerd,
    &ecs_task::EcsTask,
    &engine_table::EngineTable,
    &gar::Gar,
    &gitlab::Gitlab,
    &haproxy::Haproxy,
    &harbor::Harbor,
    &inventory::Inventory,
    &jenkins::Jenkins,
    &kaniko::Kaniko,
    &kubectl_describe::KubectlDescribe,
    &kubelet::Kubelet,
    &kubernetes_events::KubernetesEvents,
    &missing::Missing,
    &nexus::Nexus,
    &notification::Notification,
    &pod_status::PodStatus,
    &skopeo::Skopeo,
    &tekton::Tekton,
    &testcontainers::Testcontainers,
];
