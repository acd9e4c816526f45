//! Keyed digests: values leave a trace that can be compared and not read,
//! and annotations carry a seal that only the operator can make.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// Makes digests and seals with the operator's own key.
#[derive(Clone)]
pub struct Digester {
    key: hmac::Key,
}

impl Digester {
    /// A digester with this key, which should be 32 random bytes.
    pub fn new(key: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// A short digest of a value. Equal values have equal digests, whatever
    /// the order of their object members.
    pub fn value(&self, value: &Value) -> String {
        let mut text = value.to_string();
        text.insert_str(0, "value\0");
        URL_SAFE_NO_PAD.encode(&hmac::sign(&self.key, text.as_bytes()).as_ref()[..12])
    }

    /// A digest of the password of the identity with this id, and before it
    /// what tells this key from another. Another identity's equal password
    /// has another digest.
    pub fn password(&self, id: &str, password: &str) -> String {
        let sign = |text: String, length: usize| {
            URL_SAFE_NO_PAD.encode(&hmac::sign(&self.key, text.as_bytes()).as_ref()[..length])
        };
        format!("{}.{}", sign("key".to_owned(), 3), sign(format!("password\0{id}\0{password}"), 12))
    }

    /// The mark on the anchor of the object with this UID, as only the
    /// operator can make it.
    pub fn anchor(&self, uid: &str, endpoint: &str, id: &str) -> String {
        let text = format!("anchor\0{uid}\0{endpoint}\0{id}");
        URL_SAFE_NO_PAD.encode(&hmac::sign(&self.key, text.as_bytes()).as_ref()[..12])
    }

    /// The seal of a text.
    pub fn seal(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, format!("seal\0{text}").as_bytes()))
    }

    /// Whether this is the seal of that text; takes the same time either way.
    pub fn is_sealed(&self, text: &str, seal: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(seal)
            .is_ok_and(|seal| hmac::verify(&self.key, format!("seal\0{text}").as_bytes(), &seal).is_ok())
    }
}

impl fmt::Debug for Digester {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digester")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_seal_fits_only_its_text_and_its_key() {
        let digester = Digester::new(b"one");
        let seal = digester.seal("text");
        assert!(digester.is_sealed("text", &seal));
        assert!(!digester.is_sealed("text!", &seal));
        assert!(!Digester::new(b"two").is_sealed("text", &seal));
        assert!(!digester.is_sealed("text", "not a seal"));
    }

    #[test]
    fn a_value_digest_cannot_pass_for_a_seal() {
        let digester = Digester::new(b"one");
        assert!(!digester.is_sealed("\"a\"", &digester.value(&json!("a"))));
    }

    #[test]
    fn the_order_of_members_does_not_change_a_digest() {
        let digester = Digester::new(b"one");
        assert_eq!(digester.value(&json!({"a": 1, "b": 2})), digester.value(&json!({"b": 2, "a": 1})));
        assert_ne!(digester.value(&json!("a")), digester.value(&json!("b")));
    }
}
