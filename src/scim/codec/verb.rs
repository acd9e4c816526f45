//! What a status means, by what was asked.

use crate::scim::{
    error::{Error, ErrorKind},
    profile::{ErrorClass, Meaning, Profile, StatusSet},
};

/// What a request does, as far as statuses are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// POST of a resource.
    Create,
    /// GET of one resource.
    Read,
    /// GET or search of many.
    List,
    /// PATCH and PUT.
    Update,
    /// DELETE.
    Delete,
}

impl Verb {
    fn statuses(self, profile: &Profile) -> &StatusSet {
        let statuses = &profile.statuses;
        match self {
            Self::Create => &statuses.create,
            Self::Read => &statuses.read,
            Self::List => &statuses.list,
            Self::Update => &statuses.update,
            Self::Delete => &statuses.delete,
        }
    }

    /// Whether it was done.
    pub fn succeeded(self, profile: &Profile, status: u16) -> bool {
        self.statuses(profile).success.contains(&status)
    }

    /// An error that came with a status, as the profile understands it. The
    /// classes of errors come first, then the statuses, then the standard.
    pub fn weighed(self, profile: &Profile, mut error: Error) -> Error {
        let said = error.said.take().unwrap_or_default();
        let Some(status) = error.status.filter(|status| *status >= 400) else { return error };
        // Nothing that a web page says is the server's word about a resource.
        if error.kind == ErrorKind::NotScim {
            return error;
        }
        let fits = |class: &&ErrorClass| {
            let same = |wanted: &String| {
                said.scim_type.as_ref().is_some_and(|said| said.eq_ignore_ascii_case(wanted))
            };
            let within = |wanted: &String| {
                let detail = said.detail.as_ref().map(|detail| detail.to_lowercase());
                detail.is_some_and(|detail| detail.contains(&wanted.to_lowercase()))
            };
            class.status == status
                && class.scim_type.as_ref().is_none_or(same)
                && class.detail_contains.as_ref().is_none_or(within)
        };
        let statuses = self.statuses(profile);
        error.kind = match profile.errors.iter().find(fits).map(|class| class.means) {
            Some(Meaning::Conflict) => ErrorKind::Conflict,
            Some(Meaning::NotFound) => ErrorKind::NotFound,
            Some(Meaning::Unsupported) => ErrorKind::Unsupported,
            Some(Meaning::Throttled) => ErrorKind::Throttled,
            Some(Meaning::Rejected) => ErrorKind::Rejected,
            Some(Meaning::ServerFault) => ErrorKind::ServerFault,
            None if statuses.conflict.contains(&status) => ErrorKind::Conflict,
            None if statuses.not_found.contains(&status) => ErrorKind::NotFound,
            None => error.kind,
        };
        error
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scim::{codec::fixtures::codec, error::Said};

    fn weighed(overrides: &Value, verb: Verb, error: Error) -> ErrorKind {
        verb.weighed(codec(overrides).profile(), error).kind
    }

    fn refused(kind: ErrorKind, status: u16, scim_type: Option<&str>, detail: &str) -> Error {
        let said = Said { scim_type: scim_type.map(str::to_owned), detail: Some(detail.to_owned()) };
        Error { status: Some(status), said: Some(Box::new(said)), ..Error::new(kind, "test") }
    }

    #[test]
    fn a_status_means_what_the_profile_says_for_that_operation() {
        let profile = json!({"statuses": {"create": {"conflict": [400]}, "read": {"notFound": [404, 400]}}});
        let error = || refused(ErrorKind::Rejected, 400, None, "");
        assert_eq!(weighed(&profile, Verb::Create, error()), ErrorKind::Conflict);
        assert_eq!(weighed(&profile, Verb::Read, error()), ErrorKind::NotFound);
        assert_eq!(weighed(&profile, Verb::Update, error()), ErrorKind::Rejected);
    }

    #[test]
    fn the_first_class_that_fits_wholly_counts() {
        let profile = json!({
            "statuses": {"update": {"conflict": [400]}},
            "errors": [
                {"status": 400, "scimType": "seatsTaken", "means": "Throttled"},
                {"status": 400, "detailContains": "Already Exists", "means": "Conflict"},
                {"status": 400, "detailContains": "cannot change", "means": "Unsupported"},
                {"status": 403, "means": "Throttled"},
            ],
        });
        for (status, scim_type, detail, kind) in [
            (400, Some("SEATSTAKEN"), "it already exists", ErrorKind::Throttled),
            (400, Some("invalidValue"), "it already exists", ErrorKind::Conflict),
            (400, None, "You cannot CHANGE this", ErrorKind::Unsupported),
            (400, None, "something else", ErrorKind::Conflict),
            (403, None, "", ErrorKind::Throttled),
            (500, None, "it already exists", ErrorKind::ServerFault),
        ] {
            let error = refused(
                if status == 500 { ErrorKind::ServerFault } else { ErrorKind::Rejected },
                status,
                scim_type,
                detail,
            );
            assert_eq!(weighed(&profile, Verb::Update, error), kind, "{status} {scim_type:?} {detail}");
        }
    }

    #[test]
    fn a_web_page_and_a_broken_connection_mean_nothing_else() {
        let profile = json!({"errors": [{"status": 404, "means": "Conflict"}]});
        assert_eq!(
            weighed(&profile, Verb::Read, refused(ErrorKind::NotScim, 404, None, "")),
            ErrorKind::NotScim
        );
        assert_eq!(weighed(&profile, Verb::Read, Error::new(ErrorKind::Timeout, "test")), ErrorKind::Timeout);
    }
}
