//! Who inherits the identity of an object that is being deleted. A renamed
//! manifest takes one object away and brings another that asks for the same
//! identity: that is no reason to delete somebody and create them anew.

use super::claims::Claimant;

/// An object of the same namespace, kind and provider that asks for an
/// identity of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; any combination can be")]
pub struct Sibling {
    /// Who it is.
    pub claimant: Claimant,
    /// It stands for an identity already.
    pub anchored: bool,
    /// It only observes.
    pub observes: bool,
    /// Somebody asked for its standstill.
    pub suspended: bool,
    /// It may have created an identity of its own that is not recorded yet.
    pub may_have_created: bool,
}

impl Sibling {
    fn may_inherit(&self) -> bool {
        !(self.claimant.leaving || self.anchored || self.observes || self.suspended || self.may_have_created)
    }
}

/// Of these the one who inherits: the oldest who can.
pub fn heir(siblings: &[Sibling]) -> Option<&Sibling> {
    let able = siblings.iter().filter(|sibling| sibling.may_inherit());
    able.min_by(|one, other| one.claimant.age(&other.claimant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sibling(uid: &str, since: &str) -> Sibling {
        let since = since.parse().ok();
        let called = uid.to_owned();
        Sibling {
            claimant: Claimant { uid: uid.to_owned(), since, sealed: false, leaving: false, called },
            anchored: false,
            observes: false,
            suspended: false,
            may_have_created: false,
        }
    }

    fn young() -> Sibling {
        sibling("young", "2026-02-01T00:00:00Z")
    }

    #[test]
    fn the_oldest_of_the_able_inherits() {
        let old = sibling("old", "2026-01-01T00:00:00Z");
        assert_eq!(heir(&[young(), old.clone()]), Some(&old));
        assert_eq!(heir(&[]), None);
        let twins = [sibling("b", "2026-01-01T00:00:00Z"), sibling("a", "2026-01-01T00:00:00Z")];
        assert_eq!(heir(&twins), Some(&twins[1]));
    }

    #[test]
    fn nobody_inherits_who_has_one_may_have_one_or_wants_none() {
        let leaving = Claimant { leaving: true, ..young().claimant };
        for (row, unable) in [
            ("it goes too", Sibling { claimant: leaving, ..young() }),
            ("it has one", Sibling { anchored: true, ..young() }),
            ("it only looks", Sibling { observes: true, ..young() }),
            ("it stands still", Sibling { suspended: true, ..young() }),
            ("it may have made one", Sibling { may_have_created: true, ..young() }),
        ] {
            assert_eq!(heir(&[unable]), None, "{row}");
        }
    }
}
