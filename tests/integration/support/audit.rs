//! The API server's audit log: who wrote what.

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

use serde_json::Value;

/// One write request that the API server answered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) user: String,
    pub(crate) verb: String,
    /// `scimusers`, or `scimusers/status`.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) code: u64,
}

impl fmt::Debug for Write {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}/{} -> {}", self.verb, self.resource, self.name, self.code)
    }
}

/// The log from a certain place on.
#[derive(Clone)]
pub(crate) struct Audit {
    file: PathBuf,
    from: u64,
}

impl Audit {
    /// What is written from now on.
    pub(crate) fn from_now(file: PathBuf) -> Self {
        let from = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
        Self { file, from }
    }

    /// Every write so far, in the order in which it was answered.
    pub(crate) fn writes(&self) -> Vec<Write> {
        let mut text = Vec::new();
        let mut file = File::open(&self.file).expect("the control plane keeps an audit log");
        // The line that was being written then is not news, and the last one may
        // be half written now.
        file.seek(SeekFrom::Start(self.from.saturating_sub(1))).unwrap();
        file.read_to_end(&mut text).unwrap();
        let newline = |byte: &u8| *byte == b'\n';
        let begin =
            if self.from == 0 { 0 } else { text.iter().position(newline).map_or(text.len(), |at| at + 1) };
        let end = text.iter().rposition(newline).map_or(begin, |at| at + 1);
        text[begin..end.max(begin)]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| parse(&serde_json::from_slice(line).expect("the audit log is JSON lines")))
            .collect()
    }
}

fn parse(line: &Value) -> Write {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let resource = match text("/objectRef/subresource") {
        "" => text("/objectRef/resource").to_owned(),
        subresource => format!("{}/{subresource}", text("/objectRef/resource")),
    };
    Write {
        user: text("/user/username").to_owned(),
        verb: text("/verb").to_owned(),
        resource,
        namespace: text("/objectRef/namespace").to_owned(),
        name: text("/objectRef/name").to_owned(),
        code: line.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default(),
    }
}
