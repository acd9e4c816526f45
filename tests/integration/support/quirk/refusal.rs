//! What the server does not do, and how it says so (RFC 7644 §3.12).

use serde_json::{Value, json};

use super::habits::{ErrorBody, ErrorStatus, Errors};

#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) scim_type: String,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(status: u16, scim_type: &str, detail: impl Into<String>) -> Self {
        Self { status, scim_type: scim_type.to_owned(), detail: detail.into() }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "", "there is no such resource")
    }

    /// 400 with this keyword.
    pub(super) fn bad(scim_type: &str, detail: impl Into<String>) -> Self {
        Self::new(400, scim_type, detail)
    }

    /// The media type and the body.
    pub(super) fn answer(&self, habits: &Errors, media_type: &str) -> (String, String) {
        let scim = |body: &Value| (media_type.to_owned(), body.to_string());
        match habits.body {
            ErrorBody::Scim => scim(&self.scim(habits)),
            ErrorBody::OtherJson => scim(&json!({"errors": [{"code": self.status, "message": self.detail}]})),
            ErrorBody::Plain => ("text/plain".to_owned(), self.detail.clone()),
            ErrorBody::HtmlAsScim => (media_type.to_owned(), page(&self.detail)),
            ErrorBody::Html => ("text/html".to_owned(), page(&self.detail)),
        }
    }

    fn scim(&self, habits: &Errors) -> Value {
        let status = match habits.status {
            ErrorStatus::Text => json!(self.status.to_string()),
            ErrorStatus::Number => json!(self.status),
        };
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status, "detail": self.detail,
        });
        if habits.scim_types && !self.scim_type.is_empty() {
            body["scimType"] = json!(self.scim_type);
        }
        body
    }
}

fn page(sentence: &str) -> String {
    format!("<!DOCTYPE html><html><body>{sentence}</body></html>")
}
