//! The operator as a process, between a real Kubernetes API server and a real
//! SCIM server. Every test has a namespace, a server and an operator of its
//! own, and waits for conditions.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod admission;
mod adoption;
mod attacker;
mod auth;
mod crashes;
mod deletion;
mod drift;
mod ensure_absent;
mod examples;
mod grants;
mod groups;
mod harness;
mod managers;
mod matrix;
mod members;
mod observe;
mod ownership;
mod passwords;
mod process;
mod profiles;
mod provider_faults;
mod put;
mod put_only;
mod quirk;
mod scenario;
mod scenarios;
mod servers;
mod stalled;
mod steady_state;
mod strict;
mod support;
mod traffic;
mod users;
mod wild;
