//! Stores made by the real engines: what is told of an invented bad image before its removal,
//! after it, and after garbage collection.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use support::{Engine, Registry, needs, observe, of_events, run, run_patiently, wait_for};

fn names_digest(o: &serde_json::Value, digest: &str) -> bool {
    o["digest"].as_str() == Some(digest)
}

#[test]
fn docker_classic_store_before_and_after_rmi() {
    if !needs("docker_classic_store_before_and_after_rmi", &["dockerd", "docker", "docker-registry", "skopeo", "umoci"])
    {
        return;
    }
    let registry = Registry::start("docker");
    let at = |p: &str| registry.folder.path(p).to_str().unwrap().to_owned();
    let (root, socket) = (at("docker"), format!("unix://{}", at("docker.sock")));
    let insecure = format!("127.0.0.1:{}", registry.port);
    let arguments = [
        "--iptables=false",
        "--bridge=none",
        "--data-root",
        &root,
        "--exec-root",
        &at("exec"),
        "-H",
        &socket,
        "--pidfile",
        &at("docker.pid"),
        "--storage-driver",
        "vfs",
        "--insecure-registry",
        &insecure,
    ];
    let mut engine = Engine::start("dockerd", &arguments, &registry.folder.path("dockerd.log"));
    let docker = |arguments: &[&str]| run("docker", &[&["-H", &socket], arguments].concat());
    wait_for("dockerd", || {
        std::process::Command::new("docker").args(["-H", &socket, "info"]).output().is_ok_and(|o| o.status.success())
    });
    let reference = registry.reference();
    docker(&["pull", &reference]);
    docker(&[
        "create",
        "--name",
        "keeper",
        "-v",
        "/etc:/host:ro",
        "-e",
        "TOKEN=never-to-be-seen",
        &reference,
        "/payload",
    ]);
    docker(&["save", &reference, "-o", &at("saved.tar")]);

    let before = observe(Path::new(&root));
    let held = of_events(&before, &["held"]);
    let held = held.iter().find(|o| o["tag"] == "1").expect("the image is told");
    assert!(names_digest(held, &registry.digest), "{held}");
    assert_eq!(held["image_id"], registry.config.as_str());
    let container = before.iter().find(|o| o["detail"]["container"] == "keeper").expect("the container is told");
    assert_eq!(container["event"], "referenced", "it was never started");
    assert_eq!(container["detail"]["mounts"], "/etc:/host");
    assert!(container["detail"]["environment-names"].as_str().unwrap().contains("TOKEN"));
    assert!(!format!("{before:?}").contains("never-to-be-seen"), "a value never enters");
    assert_eq!(registry.check(Path::new(&root)).0, "present");

    // The archive names only the config: with the store beside it, the family is known.
    let saved = observe(&registry.folder.path("saved.tar"));
    assert_eq!(of_events(&saved, &["held"])[0]["image_id"], registry.config.as_str());

    docker(&["rm", "keeper"]);
    docker(&["rmi", &reference]);
    engine.stop();
    let after = observe(&registry.folder.path("docker/image"));
    assert!(after.is_empty(), "a part of a store is no store");
    let after = observe(Path::new(&root));
    assert!(of_events(&after, &["held"]).is_empty(), "{after:?}");
    let residue = of_events(&after, &["residue"]);
    let layer = residue.iter().find(|o| names_digest(o, &registry.layer)).expect("the removed layer is told");
    assert_eq!(layer["repository"], format!("127.0.0.1:{}/evil/tool", registry.port));
    assert!(matches!(registry.check(Path::new(&root)).0.as_str(), "exposed" | "present"));
}

#[test]
fn containerd_before_removal_after_it_and_after_garbage_collection() {
    if !needs(
        "containerd_before_removal_after_it_and_after_garbage_collection",
        &["containerd", "ctr", "docker-registry", "skopeo", "umoci"],
    ) {
        return;
    }
    let registry = Registry::start("containerd");
    let at = |p: &str| registry.folder.path(p).to_str().unwrap().to_owned();
    let (root, socket) = (at("root"), at("containerd.sock"));
    let config = registry.folder.write("containerd.toml", format!("version = 2\nroot = \"{root}\"\nstate = \"{}\"\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[plugins.\"io.containerd.gc.v1.scheduler\"]\nstartup_delay = \"1h\"\nmutation_threshold = 1000000\n[grpc]\naddress = \"{socket}\"\n", at("state")));
    let _engine =
        Engine::start("containerd", &["-c", config.to_str().unwrap()], &registry.folder.path("containerd.log"));
    let ctr = |arguments: &[&str]| run("ctr", &[&["-a", &socket], arguments].concat());
    wait_for("containerd", || {
        std::process::Command::new("ctr").args(["-a", &socket, "version"]).output().is_ok_and(|o| o.status.success())
    });
    let reference = registry.reference();
    // The first answer of a fresh daemon under load may be an error; what is printed is of a quiet one.
    run_patiently("ctr", &["-a", &socket, "version"]);
    let printed = ctr(&["image", "pull", "--plain-http", "--snapshotter", "native", &reference]);
    let log = registry.folder.write("ctr.log", &printed);
    let told = observe(&log);
    assert_eq!(
        (told[0]["event"].as_str(), told[0]["image_id"].as_str()),
        (Some("pulled"), Some(registry.config.as_str())),
        "{told:?}"
    );

    let before = observe(Path::new(&root));
    let held = of_events(&before, &["held"]);
    assert!(
        held.iter().any(|o| names_digest(o, &registry.digest) && o["tag"] == "1" && o["at"].is_string()),
        "{before:?}"
    );
    assert_eq!(registry.check(Path::new(&root)).0, "present");

    // Its record is gone, its content not yet collected: the scheduler is told to wait for a call.
    let copy = at("copy");
    ctr(&["image", "rm", &reference]);
    run("cp", &["-a", &root, &copy]);
    let after = observe(Path::new(&copy));
    assert!(of_events(&after, &["held"]).is_empty(), "{after:?}");
    assert!(of_events(&after, &["residue"]).iter().any(|o| names_digest(o, &registry.digest)), "{after:?}");
    assert_eq!(registry.check(Path::new(&copy)).0, "present");

    // After collection nothing is left of it, and nothing is invented.
    ctr(&["image", "pull", "--plain-http", "--snapshotter", "native", &reference]);
    ctr(&["image", "rm", "--sync", &reference]);
    wait_for("garbage collection", || {
        !registry
            .folder
            .path(&format!("root/io.containerd.content.v1.content/blobs/sha256/{}", &registry.digest[7..]))
            .exists()
    });
    let collected = observe(Path::new(&root));
    assert!(!collected.iter().any(|o| names_digest(o, &registry.digest)), "{collected:?}");
}

#[test]
fn podman_keeps_former_names() {
    if !needs("podman_keeps_former_names", &["podman", "docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let registry = Registry::start("podman");
    let at = |p: &str| registry.folder.path(p).to_str().unwrap().to_owned();
    let root = at("storage");
    let podman = |arguments: &[&str]| {
        run(
            "podman",
            &[
                &[
                    "--root",
                    &root,
                    "--runroot",
                    &at("run"),
                    "--tmpdir",
                    &at("tmp"),
                    "--storage-driver",
                    "vfs",
                    "--events-backend",
                    "none",
                ],
                arguments,
            ]
            .concat(),
        )
    };
    let reference = registry.reference();
    let printed = podman(&["pull", "--tls-verify=false", &reference]);
    let told = observe(&registry.folder.write("pull.log", &printed));
    assert_eq!(told[0]["image_id"], registry.config.as_str(), "{printed}");
    let held = |o: &[serde_json::Value]| {
        of_events(o, &["held"]).into_iter().find(|o| names_digest(o, &registry.digest)).cloned()
    };
    let before = held(&observe(Path::new(&root))).expect("the image is told");
    assert_eq!(before["image_id"], registry.config.as_str());
    podman(&["untag", &reference]);
    let untagged = held(&observe(Path::new(&root))).expect("the untagged image is told");
    assert_eq!(untagged["tag"], "1", "its former name is told: {untagged}");
    assert_eq!(registry.check(Path::new(&root)).0, "present");
    podman(&["rmi", "--force", &registry.config[7..]]);
    assert!(held(&observe(Path::new(&root))).is_none());
}

#[test]
fn a_registry_tells_the_history_of_a_tag_and_what_was_deleted() {
    if !needs("a_registry_tells_the_history_of_a_tag_and_what_was_deleted", &["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let mut registry = Registry::start("registry");
    let storage = registry.folder.path("registry");
    assert_eq!(registry.check(&storage).0, "present");
    let layout = registry.folder.path("image");
    let image = format!("{}:good", layout.display());
    registry.folder.write("rootfs/payload", "repaired");
    run("umoci", &["new", "--image", &image]);
    run("umoci", &["insert", "--rootless", "--image", &image, registry.folder.path("rootfs").to_str().unwrap(), "/"]);
    run(
        "skopeo",
        &["copy", "--dest-tls-verify=false", &format!("oci:{image}"), &format!("docker://{}", registry.reference())],
    );
    let moved = observe(&storage);
    let former = moved
        .iter()
        .find(|o| names_digest(o, &registry.digest) && o["tag"] == "1")
        .expect("the tag's former digest is told");
    assert_eq!(former["event"], "held");
    assert!(former["detail"]["tag"].as_str().unwrap().contains("former"));

    run(
        "skopeo",
        &[
            "delete",
            "--tls-verify=false",
            &format!("docker://127.0.0.1:{}/evil/tool@{}", registry.port, registry.digest),
        ],
    );
    registry.engine.stop();
    let config = registry.folder.path("registry.yml");
    run("docker-registry", &["garbage-collect", config.to_str().unwrap()]);
    let collected = observe(&storage);
    let left: Vec<_> = collected.iter().filter(|o| names_digest(o, &registry.digest)).collect();
    assert!(left.iter().all(|o| o["event"] == "residue"), "{left:?}");

    // Its own log tells the pull as one event: HEAD by tag, GET by digest, each logged twice.
    let told = observe(&registry.folder.path("registry.log"));
    let pulls = of_events(&told, &["pulled"]);
    assert!(pulls.iter().all(|o| o["repository"] == format!("127.0.0.1:{}/evil/tool", registry.port)), "{pulls:?}");
}

#[test]
fn an_oci_layout_is_read_as_folder_and_as_tar() {
    if !needs("an_oci_layout_is_read_as_folder_and_as_tar", &["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let registry = Registry::start("oci");
    let folder = registry.folder.path("image");
    let tar = registry.folder.path("image.tar");
    run("tar", &["-C", folder.to_str().unwrap(), "-cf", tar.to_str().unwrap(), "."]);
    let packed = registry.folder.path("image.tar.gz");
    run("sh", &["-c", &format!("gzip -k {}", tar.display())]);
    for path in [&folder, &tar, &packed] {
        assert_eq!(registry.check(path).0, "present", "{}", path.display());
    }
}
