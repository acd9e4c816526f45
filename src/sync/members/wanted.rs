//! The members that a manifest names, from all its sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{api::Membership, sync::selector::InvalidSelector};

/// The members that a manifest names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Whether the group has other members than these.
    pub membership: Membership,
    /// Those that are there, by id: each once, however often it is named.
    pub ids: BTreeMap<String, Named>,
    /// Objects that exist and have no identity yet.
    pub pending: BTreeSet<Named>,
    /// Names that no object has, and userNames that do not mean one user on
    /// the server.
    pub unresolved: BTreeSet<Named>,
    /// Objects that can be no members: those of another provider, and the
    /// group itself.
    pub refused: BTreeSet<Named>,
    /// userNames of which it is not known whom they mean.
    pub unasked: BTreeSet<String>,
    /// What became of the selector.
    pub selection: Selection,
}

/// A member as the manifest names it. The order is the one that is told to
/// people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A `ScimUser` by its name.
    User(String),
    /// A `ScimGroup` by its name.
    Group(String),
    /// A user on the server by its userName.
    UserName(String),
    /// Whoever has this id on the server.
    Id(String),
}

/// What became of a manifest's selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Selection {
    /// There is none.
    #[default]
    Absent,
    /// It fits somebody.
    Some,
    /// It fits nobody, and may be mistyped.
    Nobody,
    /// It cannot be meant.
    Invalid(InvalidSelector),
}

/// What a reference to an object leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An identity with this id.
    Ready(String),
    /// An object without an identity.
    Pending,
    /// No object.
    Missing,
    /// An object of another provider, or the group itself.
    Refused,
}

impl Wanted {
    /// Nobody yet.
    pub fn new(membership: Membership) -> Self {
        Self { membership, ..Self::default() }
    }

    /// Takes in a reference to an object.
    pub fn add(&mut self, named: Named, reference: Reference) {
        match reference {
            Reference::Ready(id) => self.add_id(id, named),
            Reference::Pending => {
                self.pending.insert(named);
            }
            Reference::Missing => {
                self.unresolved.insert(named);
            }
            Reference::Refused => {
                self.refused.insert(named);
            }
        }
    }

    /// Takes in whom a selector fits.
    pub fn add_selected(&mut self, selected: impl Iterator<Item = (String, Reference)>) {
        self.selection = Selection::Nobody;
        for (name, reference) in selected {
            self.selection = Selection::Some;
            self.add(Named::User(name), reference);
        }
    }

    /// Whether it is known of everybody who is named who that is. While it is
    /// not, somebody whom nothing is known of might be meant.
    pub fn is_complete(&self) -> bool {
        let selected = matches!(self.selection, Selection::Absent | Selection::Some);
        selected
            && self.pending.is_empty()
            && self.unresolved.is_empty()
            && self.refused.is_empty()
            && self.unasked.is_empty()
    }

    /// How many of those that are named are no identity yet.
    pub fn missing(&self) -> usize {
        self.pending.len() + self.unresolved.len() + self.refused.len() + self.unasked.len()
    }

    /// How many members the manifest names.
    pub fn count(&self) -> usize {
        self.ids.len() + self.missing()
    }

    /// One identity is one member. A group stays known as one, because its
    /// type is sent with it.
    fn add_id(&mut self, id: String, named: Named) {
        let known = self.ids.entry(id).or_insert_with(|| named.clone());
        if matches!(named, Named::Group(_)) {
            *known = named;
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => formatter.write_str(name),
            Self::Group(name) => write!(formatter, "group {name}"),
            Self::UserName(name) => write!(formatter, "userName {name}"),
            Self::Id(id) => write!(formatter, "id {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_named_twice_is_one_member() {
        let mut wanted = Wanted::default();
        wanted.add(Named::User("ada".to_owned()), Reference::Ready("1".to_owned()));
        wanted.add(Named::UserName("ada@example.com".to_owned()), Reference::Ready("1".to_owned()));
        wanted.add(Named::Id("1".to_owned()), Reference::Ready("1".to_owned()));
        wanted.add(Named::User("bob".to_owned()), Reference::Pending);
        wanted.add_selected([("bob".to_owned(), Reference::Pending)].into_iter());
        assert_eq!((wanted.count(), wanted.missing()), (2, 1));
    }

    #[test]
    fn a_group_named_by_its_id_too_is_known_as_a_group() {
        let mut wanted = Wanted::default();
        wanted.add(Named::Id("7".to_owned()), Reference::Ready("7".to_owned()));
        wanted.add(Named::Group("oncall".to_owned()), Reference::Ready("7".to_owned()));
        wanted.add(Named::Id("7".to_owned()), Reference::Ready("7".to_owned()));
        assert_eq!(wanted.ids["7"], Named::Group("oncall".to_owned()));
    }

    #[test]
    fn a_selector_that_fits_nobody_leaves_doubt() {
        let mut wanted = Wanted::default();
        wanted.add_selected(std::iter::empty());
        assert!(!wanted.is_complete());
        wanted.add_selected([("ada".to_owned(), Reference::Ready("1".to_owned()))].into_iter());
        assert!(wanted.is_complete());
    }
}
