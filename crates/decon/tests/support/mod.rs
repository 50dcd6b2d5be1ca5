//! What stories share: running the program, folders of their own, engines that end with the test.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "each test file uses a part"
)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A folder that is removed when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("decon-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, inner: &str) -> PathBuf {
        self.0.join(inner)
    }

    pub fn write(&self, inner: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(inner);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the program did.
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// Runs decon.
pub fn decon<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_decon"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a check; gives its exit status and its answer.
pub fn check(arguments: &[&str]) -> (i32, Value) {
    let ran = decon([&["check"], arguments, &["--format", "json"]].concat());
    (ran.status, serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}{}", ran.out, ran.err)))
}

/// The observations of a path.
pub fn observe(path: &Path) -> Vec<Value> {
    let ran = decon(["observe".as_ref(), path.as_os_str()]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Whether these programs are here. A test that cannot run says so by name; in CI that is a failure.
pub fn needs(test: &str, programs: &[&str]) -> bool {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let has = |p: &&&str| std::env::split_paths(&path).any(|d| d.join(p).is_file());
    let missing: Vec<_> = programs.iter().filter(|p| !has(p)).collect();
    if missing.is_empty() {
        return true;
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{test} cannot run: {missing:?} is missing");
    eprintln!("skipped: {test} needs {missing:?}; make test installs it");
    false
}

/// A process that is ended, by its id, with the test.
pub struct Engine(Child);

impl Engine {
    pub fn start(program: &str, arguments: &[&str], log: &Path) -> Self {
        let log = fs::File::create(log).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to end and waits.
    pub fn stop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until something holds, for as long as a slow machine may take.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come");
}

/// A port of the loopback that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs a program that must succeed; gives what it printed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(program).args(arguments).env("PATH", path).stdin(Stdio::null()).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

/// Runs a program that an engine just started may refuse at first.
pub fn run_patiently(program: &str, arguments: &[&str]) -> String {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    wait_for(program, || {
        let tried = Command::new(program).args(arguments).env("PATH", &path).stdin(Stdio::null()).output();
        tried.is_ok_and(|o| o.status.success())
    });
    run(program, arguments)
}

/// A registry on the loopback that holds an invented bad image, `evil/tool:1`.
pub struct Registry {
    pub engine: Engine,
    pub port: u16,
    pub folder: Folder,
    /// The manifest's digest.
    pub digest: String,
    /// The config's digest.
    pub config: String,
    /// The layer's digest.
    pub layer: String,
}

impl Registry {
    pub fn start(name: &str) -> Self {
        let folder = Folder::new(name);
        let port = free_port();
        let storage = folder.path("registry");
        let config = folder.write("registry.yml", format!("version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n", storage.display()));
        let engine =
            Engine::start("docker-registry", &["serve", config.to_str().unwrap()], &folder.path("registry.log"));
        wait_for("the registry", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let layout = folder.path("image");
        let layout = layout.to_str().unwrap();
        folder.write("rootfs/payload", format!("invented bad payload {name}"));
        run("umoci", &["init", "--layout", layout]);
        let image = format!("{layout}:bad");
        run("umoci", &["new", "--image", &image]);
        run("umoci", &["insert", "--rootless", "--image", &image, folder.path("rootfs").to_str().unwrap(), "/"]);
        run(
            "skopeo",
            &[
                "copy",
                "--dest-tls-verify=false",
                &format!("oci:{image}"),
                &format!("docker://127.0.0.1:{port}/evil/tool:1"),
            ],
        );
        let raw = run(
            "skopeo",
            &["inspect", "--raw", "--tls-verify=false", &format!("docker://127.0.0.1:{port}/evil/tool:1")],
        );
        let manifest: Value = serde_json::from_str(&raw).unwrap();
        let part = |v: &Value| v["digest"].as_str().unwrap().to_owned();
        let inspected: Value = serde_json::from_str(&run(
            "skopeo",
            &["inspect", "--tls-verify=false", &format!("docker://127.0.0.1:{port}/evil/tool:1")],
        ))
        .unwrap();
        Self {
            engine,
            port,
            digest: inspected["Digest"].as_str().unwrap().to_owned(),
            config: part(&manifest["config"]),
            layer: part(&manifest["layers"][0]),
            folder,
        }
    }

    pub fn reference(&self) -> String {
        format!("127.0.0.1:{}/evil/tool:1", self.port)
    }

    /// An advisory that calls the image bad by its manifest's digest alone.
    pub fn advisory(&self) -> PathBuf {
        let text = format!(
            "schema = 1\nid = \"invented\"\ntitle = \"t\"\nsummary = \"s\"\nseverity = \"high\"\nrepositories = [\"docker.io/evil/tool\"]\ndigests-complete = true\n\n[sources]\nus = \"https://example.com\"\n\n[[artifact]]\ndigest = \"{}\"\nrole = \"manifest\"\ndisposition = \"bad\"\nconfidence = \"high\"\nsources = [\"us\"]\n\n[[window]]\ntags = [\"1\"]\n[[window.claim]]\nfrom = \"2020-01-01T00:00:00Z\"\nsource = \"us\"\n",
            self.digest
        );
        self.folder.write("advisories/invented.toml", text);
        self.folder.path("advisories")
    }

    /// The level of a check of this path by that advisory, and the whole answer.
    pub fn check(&self, path: &Path) -> (String, Value) {
        let ran = decon([
            "check".as_ref(),
            path.as_os_str(),
            "--advisories".as_ref(),
            self.advisory().as_os_str(),
            "--advisory".as_ref(),
            "invented".as_ref(),
            "--format".as_ref(),
            "json".as_ref(),
        ]);
        let answer: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {} {}", ran.out, ran.err));
        (answer["level"].as_str().unwrap().to_owned(), answer)
    }
}

/// The observations of these events.
pub fn of_events<'o>(observations: &'o [Value], events: &[&str]) -> Vec<&'o Value> {
    observations.iter().filter(|o| events.contains(&o["event"].as_str().unwrap_or(""))).collect()
}
