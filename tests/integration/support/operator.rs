//! The real operator, as a process with the rights of the chart's
//! service account, watching one namespace.

use std::{
    ffi::OsString,
    fs,
    path::PathBuf,
    process::{Command, ExitStatus},
    sync::Mutex,
};

use http::Method;
use kube::config::Kubeconfig;

use super::{
    children::{self, Process},
    control_plane::{OPERATOR_NAMESPACE, control_plane},
    http::Http,
    ports,
    proxy::Proxy,
    wait,
};

pub(crate) struct Operator {
    namespace: String,
    allowed_hosts: String,
    log: PathBuf,
    /// The Lease of its installation.
    lease: String,
    /// More flags.
    flags: Vec<&'static str>,
    /// It logs each request that it sends.
    tells_requests: bool,
    kubeconfig: PathBuf,
    running: Mutex<Option<Running>>,
}

#[derive(Clone)]
struct Running {
    process: Process,
    port: u16,
}

/// The operator that was built with these tests, or a mutant of it.
fn program() -> OsString {
    std::env::var_os("SCIM_OPERATOR_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_scim-operator").into())
}

impl Operator {
    /// Describes one; `start` runs it.
    pub(crate) fn new(namespace: &str) -> Self {
        Self::allowing(namespace, "127.0.0.1")
    }

    /// One that may connect to these hosts although they are this machine.
    pub(crate) fn allowing(namespace: &str, hosts: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            allowed_hosts: hosts.to_owned(),
            log: children::run_directory().join(format!("{namespace}.operator.log")),
            // Of several namespaces, too, the name of an object.
            lease: namespace.replace(',', "."),
            flags: Vec::new(),
            tells_requests: false,
            kubeconfig: control_plane().operator_kubeconfig.clone(),
            running: Mutex::new(None),
        }
    }

    /// Flags for its next start.
    pub(crate) fn with_flags(&mut self, flags: &[&'static str]) {
        self.flags = flags.to_vec();
    }

    /// It logs each request that it sends, from its next start on.
    pub(crate) fn tell_requests(&mut self) {
        self.tells_requests = true;
    }

    /// Another process of the same installation, not started yet. It has a way
    /// of its own to the API server.
    pub(crate) fn replica(&self) -> Self {
        Self {
            namespace: self.namespace.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            log: self.log.with_extension("replica.log"),
            kubeconfig: control_plane().operator_kubeconfig.clone(),
            lease: self.lease.clone(),
            flags: self.flags.clone(),
            tells_requests: self.tells_requests,
            running: Mutex::new(None),
        }
    }

    /// The Lease that says which process works.
    pub(crate) fn lease(&self) -> &str {
        &self.lease
    }

    /// It finds the API server behind a proxy from its next start on.
    pub(crate) fn reach_api_through(&mut self, proxy: &Proxy) {
        let mut kubeconfig = Kubeconfig::read_from(&control_plane().operator_kubeconfig).unwrap();
        for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
            cluster.server = Some(proxy.url());
            cluster.certificate_authority = None;
            cluster.certificate_authority_data = None;
        }
        self.kubeconfig = children::run_directory().join(format!("{}.kubeconfig", self.namespace));
        fs::write(&self.kubeconfig, serde_json::to_string(&kubeconfig).unwrap()).unwrap();
    }

    /// Starts it, and waits until it says that it is ready. Its log goes on
    /// where the one before ended.
    pub(crate) async fn start(&self) {
        let port = ports::free();
        let process = Process::spawn(
            Command::new(program())
                .env_clear()
                .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "RUST_LOG"))
                .envs(self.tells_requests.then_some(("RUST_LOG", "info,scim_operator=debug")))
                .env("KUBECONFIG", &self.kubeconfig)
                .args([
                    "run".to_owned(),
                    format!("--watch-namespaces={}", self.namespace),
                    format!("--allow-hosts={}", self.allowed_hosts),
                    format!("--metrics-address=127.0.0.1:{port}"),
                    format!("--operator-namespace={OPERATOR_NAMESPACE}"),
                    format!("--lease-name={}", self.lease),
                ])
                .args(&self.flags),
            &self.log,
        );
        let running = Running { process, port };
        let before = self.running.lock().unwrap().replace(running.clone());
        assert!(before.is_none(), "the operator of {} runs already", self.namespace);
        wait::poll("readiness of the operator", wait::DEADLINE, || running.ready()).await;
    }

    /// What kills (SIGKILL) the process that runs now, from anywhere and at any moment.
    /// `start` starts the next one after `forget`.
    pub(crate) fn killer(&self) -> impl Fn() + Send + Sync + 'static {
        let process = self.current().process;
        move || process.kill()
    }

    /// Forgets a process that a killer ended.
    pub(crate) fn forget(&self) {
        let running = self.running.lock().unwrap().take().expect("it was started");
        assert!(running.process.exited().is_some(), "the operator still runs");
        // It is certainly dead, so that nobody has to wait until its lease is over.
        let namespace = format!("--namespace={OPERATOR_NAMESPACE}");
        control_plane().kubectl(&["delete", "lease", &self.lease, "--ignore-not-found", &namespace]).unwrap();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        self.current().process.signal("TERM");
    }

    /// What stops (SIGSTOP) the process that runs now, from anywhere and at any moment.
    pub(crate) fn freezer(&self) -> impl Fn() + Send + Sync + 'static {
        let process = self.current().process;
        move || process.signal("STOP")
    }

    /// SIGCONT: it wakes and knows nothing of the time that has passed.
    pub(crate) fn wake(&self) {
        self.current().process.signal("CONT");
    }

    /// Until it has ended after `terminate`.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let process = self.current().process;
        let status = wait::poll("end of the operator", wait::DEADLINE, || async {
            process.exited().ok_or_else(|| "it runs".to_owned())
        })
        .await;
        self.running.lock().unwrap().take();
        status
    }

    /// SIGTERM, and the clean end that it must bring.
    pub(crate) async fn stop(&self) {
        self.terminate();
        let status = self.ended().await;
        assert!(status.success(), "after SIGTERM it ended with {status}:\n{}", self.log_tail());
    }

    /// One answer of its HTTP server: `/livez`, `/readyz`.
    pub(crate) async fn probe(&self, path: &str) -> u16 {
        self.current().probe(path).await.unwrap()
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let pid = self.current().process.pid();
        let output = Command::new("ps").args(["-o", "rss=", "-p", &pid.to_string()]).output().expect("ps");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("ps tells kilobytes")
    }

    /// Its log of all its lives.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn log_tail(&self) -> String {
        children::tail(&self.log)
    }

    fn current(&self) -> Running {
        self.running.lock().unwrap().clone().expect("the operator runs")
    }
}

impl Running {
    async fn ready(&self) -> Result<(), String> {
        let ended = self.process.exited();
        assert_eq!(ended, None, "the operator ended:\n{}", self.process.log_tail());
        match self.probe("/readyz").await {
            Ok(200) => Ok(()),
            other => Err(format!("{other:?}\n{}", self.process.log_tail())),
        }
    }

    async fn probe(&self, path: &str) -> Result<u16, String> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        match Http::new(None).try_request(Method::GET, &url, None).await {
            Ok(response) => Ok(response.status),
            Err(error) => Err(error.to_string()),
        }
    }
}
