//! The SCIM client library as its users see it: over loopback HTTP, over the
//! server in memory, and over simulated servers that break the rules.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod address;
mod classify;
mod client;
mod credentials;
mod cursors;
mod dialect;
mod equivalence;
mod fake;
mod fence;
mod filter;
mod golden;
mod headers;
mod interpreter;
mod mutations;
mod oauth2;
mod odd;
mod paging;
mod raw;
mod replace;
mod tls;
mod transport;
