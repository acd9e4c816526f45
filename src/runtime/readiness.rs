//! Whether the operator is ready, and if not, what it waits for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Named gates that must all be open.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    gates: Arc<Mutex<Gates>>,
}

/// What each closed gate waits for; `None` for an open one.
type Gates = BTreeMap<&'static str, Option<String>>;

/// One of the gates. Every clone is the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    name: &'static str,
    readiness: Readiness,
}

impl Readiness {
    /// Readiness without any gate: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a gate, closed, with what it waits for.
    pub fn gate(&self, name: &'static str, waits_for: impl Into<String>) -> Gate {
        let gate = Gate { name, readiness: self.clone() };
        gate.close(waits_for);
        gate
    }

    /// Whether every gate is open.
    pub fn is_ready(&self) -> bool {
        self.gates().values().all(Option::is_none)
    }

    /// The gates that are closed and what they wait for, by name.
    pub fn closed(&self) -> Vec<(&'static str, String)> {
        let gates = self.gates();
        gates.iter().filter_map(|(name, reason)| Some((*name, reason.clone()?))).collect()
    }

    fn gates(&self) -> MutexGuard<'_, Gates> {
        // Every write is one insertion, so a panic elsewhere leaves no half of one.
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// Opens the gate.
    pub fn open(&self) {
        self.readiness.gates().insert(self.name, None);
    }

    /// Closes the gate and says what it waits for now.
    pub fn close(&self, waits_for: impl Into<String>) {
        self.readiness.gates().insert(self.name, Some(waits_for.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_gates_it_is_ready() {
        assert!(Readiness::new().is_ready());
    }

    #[test]
    fn every_gate_must_be_open() {
        let readiness = Readiness::new();
        let caches = readiness.gate("caches", "reading ScimUser");
        let definitions = readiness.gate("definitions", "ScimGroup is not installed");
        assert_eq!(readiness.closed().len(), 2);
        caches.open();
        assert!(!readiness.is_ready());
        definitions.open();
        assert!(readiness.is_ready());
    }

    #[test]
    fn a_closed_gate_says_what_it_waits_for_now() {
        let readiness = Readiness::new();
        let caches = readiness.gate("caches", "reading ScimUser");
        caches.clone().close("reading ScimGroup");
        assert_eq!(readiness.closed(), [("caches", "reading ScimGroup".to_owned())]);
    }
}
