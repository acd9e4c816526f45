//! Metrics, under the prefix `scim_operator_`. Every label is a
//! `&'static str`: nothing that is made at run time, such as the name of an
//! object, can become one, so their number is bounded.

use std::{fmt, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

/// One request to a SCIM server, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ScimRequest {
    /// The HTTP method, such as `PATCH`.
    pub method: &'static str,
    /// The kind of resource, such as `User`.
    pub resource: &'static str,
    /// How it ended, as a class: `success`, or one word for the failure.
    pub outcome: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ScimOperation {
    method: &'static str,
    resource: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reconcile {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// A histogram for what takes from 5 ms to 40 s.
fn seconds() -> Histogram {
    Histogram::new([0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 40.0])
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    scim_requests: Family<ScimRequest, Counter>,
    scim_request_duration: Family<ScimOperation, Histogram>,
    reconciles: Family<Reconcile, Counter>,
    reconcile_duration: Family<Kind, Histogram>,
    sweeps: Family<Outcome, Counter>,
    objects: Family<Kind, Gauge>,
    leader: Gauge,
    held: Gauge,
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("scim_operator"),
            scim_requests: Family::default(),
            scim_request_duration: Family::new_with_constructor(seconds),
            reconciles: Family::default(),
            reconcile_duration: Family::new_with_constructor(seconds),
            sweeps: Family::default(),
            objects: Family::default(),
            leader: Gauge::default(),
            held: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of the operator", build);
        registry.register(
            "scim_requests",
            "Requests to SCIM servers, by method, kind of resource and outcome",
            self.scim_requests.clone(),
        );
        registry.register_with_unit(
            "scim_request_duration",
            "The time from sending a request to having read its answer",
            Unit::Seconds,
            self.scim_request_duration.clone(),
        );
        registry.register(
            "reconciles",
            "Passes over an object, by kind and outcome",
            self.reconciles.clone(),
        );
        registry.register_with_unit(
            "reconcile_duration",
            "The time that a pass over an object took",
            Unit::Seconds,
            self.reconcile_duration.clone(),
        );
        registry.register(
            "sweeps",
            "Comparisons of a whole server with the objects, by outcome",
            self.sweeps.clone(),
        );
        registry.register("objects", "Objects that are managed, by kind", self.objects.clone());
        registry.register(
            "leader",
            "Whether this process holds the lease and works (1), or stands by (0)",
            self.leader.clone(),
        );
        registry.register(
            "held",
            "Objects whose deletion, or other loss, waits for a person's decision",
            self.held.clone(),
        );
    }

    /// Counts a request to a SCIM server.
    pub fn scim_request(&self, request: ScimRequest, took: Duration) {
        let operation = ScimOperation { method: request.method, resource: request.resource };
        self.scim_requests.get_or_create(&request).inc();
        self.scim_request_duration.get_or_create(&operation).observe(took.as_secs_f64());
    }

    /// Counts a pass over an object.
    pub fn reconciled(&self, kind: &'static str, outcome: &'static str, took: Duration) {
        self.reconciles.get_or_create(&Reconcile { kind, outcome }).inc();
        self.reconcile_duration.get_or_create(&Kind { kind }).observe(took.as_secs_f64());
    }

    /// Counts a sweep of a server.
    pub fn swept(&self, outcome: &'static str) {
        self.sweeps.get_or_create(&Outcome { outcome }).inc();
    }

    /// Sets how many objects of a kind there are.
    pub fn objects(&self, kind: &'static str, count: usize) {
        self.objects.get_or_create(&Kind { kind }).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Says whether this process is the one that works.
    pub fn leads(&self, leads: bool) {
        self.leader.set(leads.into());
    }

    /// Sets how many objects wait for a person's decision.
    pub fn held(&self, count: usize) {
        self.held.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Everything, as `OpenMetrics` text.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_and_timed() {
        let metrics = Metrics::new();
        let request = ScimRequest { method: "PATCH", resource: "User", outcome: "success" };
        metrics.scim_request(request, Duration::from_millis(30));
        metrics.scim_request(request, Duration::from_millis(30));
        let text = metrics.encode().unwrap();
        for line in [
            r#"scim_operator_scim_requests_total{method="PATCH",resource="User",outcome="success"} 2"#,
            r#"scim_operator_scim_request_duration_seconds_count{method="PATCH",resource="User"} 2"#,
            r#"scim_operator_scim_request_duration_seconds_bucket{le="0.02",method="PATCH",resource="User"} 0"#,
            r#"scim_operator_scim_request_duration_seconds_bucket{le="0.05",method="PATCH",resource="User"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn passes_sweeps_and_objects_are_counted() {
        let metrics = Metrics::new();
        metrics.reconciled("ScimUser", "success", Duration::from_millis(3));
        metrics.swept("complete");
        metrics.objects("ScimUser", 200);
        let text = metrics.encode().unwrap();
        for line in [
            r#"scim_operator_reconciles_total{kind="ScimUser",outcome="success"} 1"#,
            r#"scim_operator_reconcile_duration_seconds_count{kind="ScimUser"} 1"#,
            r#"scim_operator_sweeps_total{outcome="complete"} 1"#,
            r#"scim_operator_objects{kind="ScimUser"} 200"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn who_works_and_who_stands_by_is_told() {
        let metrics = Metrics::new();
        let line = |text: String| {
            text.lines().find(|line| line.starts_with("scim_operator_leader ")).map(str::to_owned)
        };
        assert_eq!(line(metrics.encode().unwrap()).as_deref(), Some("scim_operator_leader 0"));
        metrics.leads(true);
        assert_eq!(line(metrics.encode().unwrap()).as_deref(), Some("scim_operator_leader 1"));
    }

    #[test]
    fn the_version_is_told_before_anything_is_counted() {
        let text = Metrics::new().encode().unwrap();
        let line = format!(r#"scim_operator_build_info{{version="{}"}} 1"#, env!("CARGO_PKG_VERSION"));
        assert!(text.lines().any(|found| found == line), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
