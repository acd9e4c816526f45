//! Processes that never outlive the tests, whatever ends these: a `Process`
//! kills its child when dropped, and a shell that waits for the end of its own
//! standard input kills what is left when no destructor ran (an abort, a
//! SIGKILL, Ctrl-C) and takes the run's files along.

use std::{
    fs,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, LazyLock, Mutex},
};

/// `$1` is this run's directory. Directories of runs that failed are kept for
/// reading, until a later run starts.
const REAPER: &str = r#"
trap '' INT TERM HUP
for old in "${1%-*}"-*; do kill -0 "${old##*-}" 2>/dev/null || rm -rf "$old"; done
pids=
while read -r verb pid; do
    case $verb in
    watch) pids="$pids $pid" ;;
    forget) left=; for p in $pids; do [ "$p" = "$pid" ] || left="$left $p"; done; pids=$left ;;
    esac
done
for p in $pids; do kill -9 "$p" 2>/dev/null; done
[ -e "$1/keep" ] || rm -rf "$1"
"#;

struct Reaper {
    stdin: Mutex<ChildStdin>,
    /// It ends after this process; nobody waits for it.
    _child: Child,
    directory: PathBuf,
}

static REAPER_PROCESS: LazyLock<Reaper> = LazyLock::new(|| {
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("integration-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let mut child = reaper(&directory);
    Reaper { stdin: Mutex::new(child.stdin.take().unwrap()), _child: child, directory }
});

fn reaper(directory: &Path) -> Child {
    Command::new("sh")
        .args(["-c", REAPER, "reaper"])
        .arg(directory)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a POSIX shell")
}

/// A second reaper that watches these processes, to see what it does at the
/// end of its input.
pub(crate) fn reaper_with(pids: &[u32]) -> Child {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reaped-{}", std::process::id()));
    let mut child = reaper(&directory);
    for pid in pids {
        writeln!(child.stdin.as_mut().unwrap(), "watch {pid}").unwrap();
    }
    child
}

impl Reaper {
    fn tell(&self, verb: &str, pid: u32) {
        writeln!(self.stdin.lock().unwrap(), "{verb} {pid}").expect("the reaper lives as long as the tests");
    }
}

/// Where this run keeps its files. They go with the run, unless a test fails.
pub(crate) fn run_directory() -> &'static Path {
    &REAPER_PROCESS.directory
}

/// Keeps the run's files for reading.
pub(crate) fn keep_run_directory() {
    // A failing test must not fail a second time over its own traces.
    let _ = fs::write(run_directory().join("keep"), "");
}

/// One child process with its output in a file.
#[derive(Clone)]
pub(crate) struct Process(Arc<Inner>);

struct Inner {
    child: Mutex<Child>,
    pid: u32,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, appending both its outputs to `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Self {
        let output = fs::File::options().create(true).append(true).open(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let pid = child.id();
        REAPER_PROCESS.tell("watch", pid);
        Self(Arc::new(Inner { child: Mutex::new(child), pid, log: log.to_owned() }))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.pid
    }

    /// How it ended, if it has.
    pub(crate) fn exited(&self) -> Option<ExitStatus> {
        self.0.child.lock().unwrap().try_wait().unwrap()
    }

    /// SIGKILL: gone when this returns. May be called from anywhere, also
    /// from a proxy that holds an answer.
    pub(crate) fn kill(&self) {
        self.0.kill();
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().unwrap();
        assert!(sent.success(), "process {} cannot be signalled", self.pid());
    }

    /// The last lines of its output.
    pub(crate) fn log_tail(&self) -> String {
        tail(&self.0.log)
    }
}

impl Inner {
    fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if child.try_wait().ok().flatten().is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
        REAPER_PROCESS.tell("forget", self.pid);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last lines of a file, as much as a person wants to read of it.
pub(crate) fn tail(file: &Path) -> String {
    const BYTES: u64 = 6_000;
    let mut text = Vec::new();
    if let Ok(mut file) = fs::File::open(file) {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(BYTES)));
        let _ = file.read_to_end(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}
