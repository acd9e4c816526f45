//! What the tests stand on: a real control plane, real SCIM servers, the real
//! operator as a process, and eyes and hands on everything between them.

pub(crate) mod audit;
pub(crate) mod children;
pub(crate) mod control_plane;
pub(crate) mod http;
pub(crate) mod kubectl;
pub(crate) mod objects;
pub(crate) mod operator;
pub(crate) mod ports;
pub(crate) mod proxy;
pub(crate) mod put_server;
pub(crate) mod quirk;
pub(crate) mod scim_server;
pub(crate) mod site;
pub(crate) mod strict;
pub(crate) mod tenant;
pub(crate) mod tls;
pub(crate) mod token_server;
pub(crate) mod wait;
pub(crate) mod world;
