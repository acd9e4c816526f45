//! One Kubernetes control plane for all tests of a process: started by the
//! first test that needs it, ended by the end of the process.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::LazyLock,
};

use super::{children, kubectl};

/// Where the chart is installed.
pub(crate) const OPERATOR_NAMESPACE: &str = "scim-operator-system";

pub(crate) struct ControlPlane {
    /// kubectl and its companions.
    bin: PathBuf,
    /// The SCIM servers' programs.
    pub(crate) scim2_server: PathBuf,
    pub(crate) scimmy: PathBuf,
    pub(crate) scimple: PathBuf,
    pub(crate) django_scim2: PathBuf,
    pub(crate) admin_kubeconfig: PathBuf,
    /// A kubeconfig with the token of the chart's service account, and so with
    /// exactly the rights that the chart gives.
    pub(crate) operator_kubeconfig: PathBuf,
    /// The operator's name in the audit log.
    pub(crate) operator_user: String,
    pub(crate) audit_log: PathBuf,
    /// The control plane ends with this pipe, and the pipe with this process.
    _lifeline: ChildStdin,
}

static CONTROL_PLANE: LazyLock<Result<ControlPlane, String>> = LazyLock::new(ControlPlane::start);

/// The control plane, started when first asked for.
pub(crate) fn control_plane() -> &'static ControlPlane {
    CONTROL_PLANE.as_ref().unwrap_or_else(|error| panic!("the control plane does not start: {error}"))
}

impl ControlPlane {
    /// Runs kubectl as the administrator.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        kubectl::try_run(&self.bin.join("kubectl"), &self.admin_kubeconfig, arguments)
    }

    /// Runs kubectl with the operator's rights.
    pub(crate) fn kubectl_as_operator(&self, arguments: &[&str]) -> Result<String, String> {
        kubectl::try_run(&self.bin.join("kubectl"), &self.operator_kubeconfig, arguments)
    }

    fn start() -> Result<Self, String> {
        let Tools { bin, scim2_server, scimmy, scimple, django_scim2 } = tools()?;
        let directory = children::run_directory().join("control-plane");
        let (admin_kubeconfig, lifeline) = boot(&bin, &directory)?;
        let mut plane = Self {
            bin,
            scim2_server,
            scimmy,
            scimple,
            django_scim2,
            operator_kubeconfig: children::run_directory().join("operator.kubeconfig"),
            operator_user: String::new(),
            audit_log: directory.join("audit.log"),
            admin_kubeconfig,
            _lifeline: lifeline,
        };
        plane.install_chart()?;
        plane.lend_service_account()?;
        plane.permit_leases()?;
        Ok(plane)
    }

    fn install_chart(&self) -> Result<(), String> {
        let chart = repository().join("charts/scim-operator");
        let chart = chart.to_str().ok_or("the chart's path is no UTF-8")?;
        kubectl::try_run(
            &self.bin.join("helm"),
            &self.admin_kubeconfig,
            &[
                "install",
                "scim-operator",
                chart,
                "--namespace",
                OPERATOR_NAMESPACE,
                "--create-namespace",
                "--set",
                "replicas=0",
            ],
        )?;
        self.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"])?;
        Ok(())
    }

    /// The chart's one operator has one Lease. Here each test's operator has
    /// one of its own, all in one namespace.
    fn permit_leases(&self) -> Result<(), String> {
        let namespace = format!("--namespace={OPERATOR_NAMESPACE}");
        let account = format!("--user={}", self.operator_user);
        let verbs = "--verb=get,update";
        self.kubectl(&["create", "role", "leases-of-tests", "--resource=leases", verbs, &namespace])?;
        self.kubectl(&[
            "create",
            "rolebinding",
            "leases-of-tests",
            "--role=leases-of-tests",
            &account,
            &namespace,
        ])?;
        Ok(())
    }

    /// A token such as a pod of the chart's Deployment would get.
    fn lend_service_account(&mut self) -> Result<(), String> {
        let account = self.kubectl(&[
            "get",
            "serviceaccounts",
            "--namespace",
            OPERATOR_NAMESPACE,
            "--selector=app.kubernetes.io/name=scim-operator",
            "--output=jsonpath={.items[*].metadata.name}",
        ])?;
        let token =
            self.kubectl(&["create", "token", &account, "-n", OPERATOR_NAMESPACE, "--duration=8h"])?;
        fs::copy(&self.admin_kubeconfig, &self.operator_kubeconfig).map_err(|error| error.to_string())?;
        let credentials = format!("--token={}", token.trim());
        self.kubectl_as_operator(&["config", "set-credentials", "operator", &credentials])?;
        self.kubectl_as_operator(&["config", "set-context", "--current", "--user=operator"])?;
        self.operator_user = format!("system:serviceaccount:{OPERATOR_NAMESPACE}:{account}");
        Ok(())
    }
}

/// The project's folder.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

struct Tools {
    bin: PathBuf,
    scim2_server: PathBuf,
    scimmy: PathBuf,
    scimple: PathBuf,
    django_scim2: PathBuf,
}

/// Builds what is missing, and says where everything is. What it has to say
/// meanwhile goes straight to the terminal.
fn tools() -> Result<Tools, String> {
    let script = repository().join("dev/tools.sh");
    let output =
        Command::new(&script).stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let value = |name: &str| {
        lines
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(PathBuf::from)
            .ok_or_else(|| format!("{} did not say where {name} is", script.display()))
    };
    Ok(Tools {
        bin: value("BIN")?,
        scim2_server: value("SCIM2_SERVER")?,
        scimmy: value("SCIMMY")?,
        scimple: value("SCIMPLE")?,
        django_scim2: value("DJANGO_SCIM2")?,
    })
}

fn boot(bin: &Path, directory: &Path) -> Result<(PathBuf, ChildStdin), String> {
    let log = children::run_directory().join("control-plane.log");
    let output = fs::File::create(&log).map_err(|error| error.to_string())?;
    let mut child = Command::new(bin.join("control-plane"))
        .arg("--dir")
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(output)
        .spawn()
        .map_err(|error| format!("control-plane: {error}"))?;
    let lifeline = child.stdin.take().ok_or("no pipe")?;
    let mut said = String::new();
    BufReader::new(child.stdout.take().ok_or("no pipe")?)
        .read_line(&mut said)
        .map_err(|error| error.to_string())?;
    match said.trim().strip_prefix("ready ") {
        Some(kubeconfig) => Ok((PathBuf::from(kubeconfig), lifeline)),
        None => Err(format!("it said {said:?}\n{}", children::tail(&log))),
    }
}
