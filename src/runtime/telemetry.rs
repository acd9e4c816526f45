//! Logs on standard error, for people or for machines.

use std::{io, panic};

use clap::ValueEnum;
use tracing::{error, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// The form of the log, by the names that people give it on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A log is being written already.
#[derive(Debug, thiserror::Error)]
#[error("a log is being written already")]
pub struct AlreadyStarted;

/// Starts the log. `RUST_LOG` says how much of it, in the syntax of
/// `tracing_subscriber::EnvFilter`; without it, everything from `info` up.
/// Panics are logged too, by their place alone: what a panic says may quote
/// the text it stumbled over.
pub fn start(format: LogFormat) -> Result<(), AlreadyStarted> {
    let mut filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    // It logs the bodies of answers that it cannot read, values and all.
    if let Ok(discreet) = "kube_client::client=error".parse() {
        filter = filter.add_directive(discreet);
    }
    let layer = layer(format, io::stderr).with_filter(filter);
    tracing_subscriber::registry().with(layer).try_init().map_err(|_| AlreadyStarted)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "panic");
    }));
    Ok(())
}

fn layer<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_ansi(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing::{info, info_span, subscriber::with_default};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, write: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        with_default(tracing_subscriber::registry().with(layer(format, move || writer.clone())), write);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_is_one_plain_line_for_each_event() {
        let log = written(LogFormat::Text, || info!(user = "team/alice", "created"));
        assert_eq!(log.lines().count(), 1);
        assert!(log.contains("INFO") && log.contains(r#"created user="team/alice""#), "{log}");
        assert!(!log.contains('\u{1b}'), "no colours in a log");
    }

    #[test]
    fn json_is_one_object_for_each_event_with_its_span() {
        let log = written(LogFormat::Json, || {
            let _span = info_span!("reconcile", user = "team/alice").entered();
            info!(status = 201, "created");
        });
        let event: Value = serde_json::from_str(&log).unwrap();
        assert_eq!(event["message"], "created");
        assert_eq!(event["status"], 201);
        assert_eq!(event["span"]["user"], "team/alice");
    }
}
