//! Free ports for processes that cannot choose their own.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below the range from which systems take ports for outgoing connections and
/// for port 0, so that nobody else is given the same one between the check
/// and its use.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port on loopback that nothing listens on. Never the same twice in one
/// process; processes start at different places.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() * 101 % u32::from(COUNT)).unwrap();
    loop {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(offset < COUNT, "no free port between {FIRST} and {}", FIRST + COUNT);
        let port = FIRST + (start + offset) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
