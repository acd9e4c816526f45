//! A Kubernetes operator that keeps the people and groups of any SCIM 2.0
//! service equal to what Git says. `docs/architecture.md` shows the rooms and
//! which way data flows through them.

pub mod api;
pub mod cli;
pub mod controller;
pub mod runtime;
pub mod scim;
pub mod sync;
