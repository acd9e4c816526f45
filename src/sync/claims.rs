//! Who keeps an identity that several objects lay claim to, be they of
//! different namespaces or of different providers of one endpoint.

use std::cmp::Ordering;

use jiff::Timestamp;

/// An object that lays claim to an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The object's UID.
    pub uid: String,
    /// When the object came to be.
    pub since: Option<Timestamp>,
    /// The operator itself recorded the anchor for this very object: it was
    /// neither restored nor written by somebody else.
    pub sealed: bool,
    /// The object is being deleted.
    pub leaving: bool,
    /// What people call it.
    pub called: String,
}

/// An id that is found on the server, and the object that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The id.
    pub id: String,
    /// What people call the object.
    pub by: String,
}

/// Another object that keeps the identity of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    /// What people call it.
    pub called: String,
    /// It was read from the API server in this pass.
    pub proven: bool,
}

impl Claimant {
    /// Among those who are anchored to one identity: a claim that the operator
    /// recorded comes before one that anybody may have written, one that is to
    /// stay before one that is about to go; then age decides, and the UID.
    fn precedence(&self, other: &Self) -> Ordering {
        (!self.sealed, self.leaving).cmp(&(!other.sealed, other.leaving)).then_with(|| self.age(other))
    }

    /// The older one first. One without an age is the youngest.
    pub(super) fn age(&self, other: &Self) -> Ordering {
        let age = |claimant: &Self| (claimant.since.is_none(), claimant.since);
        age(self).cmp(&age(other)).then_with(|| self.uid.cmp(&other.uid))
    }
}

/// Of the others who are anchored to the same identity, who keeps it; `None`
/// where this one does.
pub fn keeper<'a>(own: &Claimant, others: &'a [Claimant]) -> Option<&'a Claimant> {
    let first = others.iter().min_by(|one, other| one.precedence(other))?;
    first.precedence(own).is_lt().then_some(first)
}

/// Of the others who would go for the same identity, while nobody is anchored
/// to it, who goes first; `None` where this one does.
pub fn elder<'a>(own: &Claimant, others: &'a [Claimant]) -> Option<&'a Claimant> {
    let first = others.iter().min_by(|one, other| one.age(other))?;
    first.age(own).is_lt().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimant(uid: &str, since: &str) -> Claimant {
        Claimant {
            uid: uid.to_owned(),
            since: since.parse().ok(),
            sealed: true,
            leaving: false,
            called: uid.to_owned(),
        }
    }

    fn old() -> Claimant {
        claimant("old", "2026-01-01T00:00:00Z")
    }

    fn young() -> Claimant {
        claimant("young", "2026-02-01T00:00:00Z")
    }

    fn unsealed(claimant: Claimant) -> Claimant {
        Claimant { sealed: false, ..claimant }
    }

    fn leaving(claimant: Claimant) -> Claimant {
        Claimant { leaving: true, ..claimant }
    }

    #[test]
    fn who_is_anchored_by_the_operator_and_is_to_stay_keeps_it_and_then_the_older_one() {
        for (row, winner, loser) in [
            ("the older one", old(), young()),
            ("an old object with an anchor of somebody's making", young(), unsealed(old())),
            ("two of somebody's making", unsealed(old()), unsealed(young())),
            ("handed over", young(), leaving(old())),
            ("somebody's making does not stop a deletion", leaving(young()), unsealed(old())),
            ("both go", leaving(old()), leaving(young())),
            ("of the same second", claimant("a", "2026-01-01T00:00:00Z"), old()),
            ("of no age", young(), claimant("ageless", "")),
        ] {
            let (winners, losers) = ([winner.clone()], [loser.clone()]);
            assert_eq!(keeper(&winner, &losers), None, "{row}");
            assert_eq!(keeper(&loser, &winners), Some(&winner), "{row}");
        }
    }

    #[test]
    fn of_many_exactly_one_keeps_it() {
        let all = [unsealed(old()), leaving(old()), young(), claimant("z", "2026-02-01T00:00:00Z")];
        let keepers = all.iter().filter(|own| {
            let others: Vec<Claimant> = all.iter().filter(|other| other != own).cloned().collect();
            keeper(own, &others).is_none()
        });
        assert_eq!(keepers.collect::<Vec<_>>(), [&young()]);
        assert_eq!(keeper(&young(), &[]), None);
    }

    #[test]
    fn while_nobody_is_anchored_the_older_one_goes_first() {
        assert_eq!(elder(&young(), &[old()]), Some(&old()));
        assert_eq!(elder(&old(), &[young()]), None);
        assert_eq!(elder(&old(), &[]), None);
    }
}
