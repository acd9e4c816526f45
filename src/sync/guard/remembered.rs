//! Whose identities were left behind by a rejected deletion, so that the same
//! manifest gets them back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    api::{HeldKind, Origin},
    sync::{address::Address, digest::Digester},
};

/// How long it is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most bytes in one `ConfigMap`, which has a million.
const MOST_BYTES: usize = 700_000;

/// Which object an identity is kept for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whose {
    /// Its kind.
    pub kind: HeldKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The kind of its provider.
    pub provider_kind: String,
    /// The name of its provider.
    pub provider: String,
}

/// An identity that was left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    /// Whose it was.
    pub whose: Whose,
    /// The UID of the object that is gone.
    pub uid: String,
    /// The server.
    pub endpoint: String,
    /// Its id there.
    pub id: String,
    /// When it was created, as the server told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// How it came to be managed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// When it was left behind.
    pub at: Timestamp,
}

impl Remembered {
    /// Where it is.
    pub fn address(&self) -> Address {
        Address {
            endpoint: self.endpoint.clone(),
            id: self.id.clone(),
            created: self.created.clone(),
            name: self.identity.clone(),
        }
    }

    /// Whether it is remembered no longer.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) >= KEPT
    }

    /// The text of some of them, and its seal.
    pub fn sealed(some: &[Self], digester: &Digester) -> Result<(String, String), serde_json::Error> {
        let text = serde_json::to_string(some)?;
        let seal = digester.seal(&sealed_text(&text));
        Ok((text, seal))
    }

    /// Reads what was written; nothing at all where it is not just that.
    pub fn open(text: &str, seal: &str, digester: &Digester) -> Vec<Self> {
        if !digester.is_sealed(&sealed_text(text), seal) {
            return Vec::new();
        }
        serde_json::from_str(text).unwrap_or_default()
    }

    /// In as many parts as `ConfigMap`s are needed for them.
    pub fn split(all: Vec<Self>) -> Vec<Vec<Self>> {
        let mut parts: Vec<Vec<Self>> = Vec::new();
        let mut bytes = MOST_BYTES;
        for one in all {
            let size = serde_json::to_string(&one).map_or(0, |text| text.len());
            if bytes + size > MOST_BYTES {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += size;
            if let Some(part) = parts.last_mut() {
                part.push(one);
            }
        }
        parts
    }
}

fn sealed_text(text: &str) -> String {
    format!("left behind\0{text}")
}
