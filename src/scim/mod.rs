//! A SCIM 2.0 client library (RFC 7643, RFC 7644) that has never heard of Kubernetes.

pub mod address;
pub mod capabilities;
pub mod client;
pub mod codec;
pub mod credentials;
pub mod discovery;
pub mod endpoint;
pub mod error;
pub mod fake;
pub mod fence;
pub mod filter;
pub mod http;
pub mod interpreter;
pub mod paging;
pub mod patch;
pub mod path;
pub mod port;
pub mod profile;
pub mod resource;
pub mod turns;
