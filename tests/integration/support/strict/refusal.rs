//! What a server says no to.

use std::fmt;

use scim_operator::scim::interpreter::PatchFault;

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) scim_type: String,
    pub(super) detail: String,
    /// Whether the request was one that the text allows all the same.
    pub(super) is_ordinary: bool,
}

impl Refusal {
    pub(super) fn new(status: u16, scim_type: &str, detail: impl fmt::Display) -> Self {
        Self { status, scim_type: scim_type.to_owned(), detail: detail.to_string(), is_ordinary: false }
    }

    /// The text does not allow this value or attribute.
    pub(super) fn value(detail: impl fmt::Display) -> Self {
        Self::new(400, "invalidValue", detail)
    }

    /// The body is not of the shape that the text shows.
    pub(super) fn syntax(detail: impl fmt::Display) -> Self {
        Self::new(400, "invalidSyntax", detail)
    }

    pub(super) fn path(detail: impl fmt::Display) -> Self {
        Self::new(400, "invalidPath", detail)
    }

    pub(super) fn filter(detail: impl fmt::Display) -> Self {
        Self::new(400, "invalidFilter", detail)
    }

    /// A client may not write this, or not any more.
    pub(super) fn mutability(detail: impl fmt::Display) -> Self {
        Self::new(400, "mutability", detail)
    }

    /// There is no such path, or none for this method.
    pub(super) fn no_endpoint() -> Self {
        Self::new(404, "", "there is no such endpoint")
    }

    /// There is no such resource.
    pub(super) fn missing(detail: impl fmt::Display) -> Self {
        Self { is_ordinary: true, ..Self::new(404, "", detail) }
    }

    /// Somebody else has it.
    pub(super) fn taken(detail: impl fmt::Display) -> Self {
        Self { is_ordinary: true, ..Self::new(409, "uniqueness", detail) }
    }

    /// Nobody that is known.
    pub(super) fn unauthorized() -> Self {
        Self { is_ordinary: true, ..Self::new(401, "", "the bearer token is missing, wrong or old") }
    }
}

impl From<PatchFault> for Refusal {
    fn from(fault: PatchFault) -> Self {
        // Keywords are spelt as their names here, but for the first letter.
        let name = format!("{:?}", fault.scim_type);
        Self::new(400, &(name[..1].to_lowercase() + &name[1..]), fault)
    }
}
