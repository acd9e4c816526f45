//! Randomness: the only place that asks for it.

use std::ops::RangeInclusive;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The system has no randomness to give: keys and nonces cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct EntropyError;

/// Fills a buffer with random bytes, good enough for keys.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
pub fn fill(bytes: &mut [u8]) -> Result<(), EntropyError> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| EntropyError)
}

/// Random bytes, good enough for keys.
pub fn bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], EntropyError> {
    let mut bytes = [0; LENGTH];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// A text that nobody can guess and that is never made twice.
pub fn nonce() -> Result<String, EntropyError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<12>()?))
}

/// A random factor in a range, to spread in time what would otherwise happen
/// at once. Waiting is never worth a failure: without randomness it is the
/// middle of the range.
pub fn factor(range: RangeInclusive<f64>) -> f64 {
    let share = bytes().map_or(0.5, |bytes| share_of(u32::from_le_bytes(bytes)));
    range.start() + (range.end() - range.start()) * share
}

/// From 0 to 1.
fn share_of(bits: u32) -> f64 {
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_differ() {
        assert_ne!(bytes::<32>().unwrap(), bytes::<32>().unwrap());
    }

    #[test]
    fn a_factor_stays_in_its_range() {
        for _ in 0..1000 {
            let factor = factor(0.5..=1.5);
            assert!((0.5..=1.5).contains(&factor), "{factor}");
        }
    }

    #[test]
    fn shares_reach_from_end_to_end() {
        assert!(share_of(0).abs() < f64::EPSILON);
        assert!((share_of(u32::MAX) - 1.0).abs() < f64::EPSILON);
    }
}
