//! Whether what a server no longer lists is believed to be gone. A wrong
//! tenant, a token that may not see everybody or a server that was set up anew
//! look just like many deletions at once; whoever believes them creates
//! everybody a second time, at the wrong place.

use std::collections::{HashMap, HashSet};

use super::outcome::Because;
use crate::{
    api::{MissingInventory, names::ACCEPT_MISSING, reasons},
    scim::port::ResourceType,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// So many may be gone at once, however few there are.
const FEW: usize = 3;

/// Where there are many, one in so many may be gone at once.
const ONE_IN: usize = 100;

/// What is known of an identity that its id does not find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absence {
    /// No listing has ended that began since.
    #[default]
    Unknown,
    /// A listing shows it all the same.
    Listed,
    /// A listing does not show it either, and can be believed.
    Proven,
}

/// What one listing of one kind found.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// How many identities were listed; `None` where it broke off or was
    /// incomplete, so that what it does not show may be there.
    pub listed: Option<u64>,
    /// How many identities of objects ought to be there.
    pub anchored: usize,
    /// How many of them are not.
    pub missing: usize,
    /// The objects, by UID, and the ids that were not listed: of those that
    /// are missing, and of those that are being deleted.
    pub absent: HashSet<(String, String)>,
}

impl Taken {
    /// Whether it can be believed that so many are gone.
    fn is_plausible(&self) -> bool {
        let is_emptied = self.listed == Some(0) && self.missing > 0;
        self.missing <= FEW.max(self.anchored / ONE_IN) && !is_emptied
    }
}

/// What the listings of one endpoint and the passes over its objects found.
#[derive(Debug, Default)]
pub struct Inventory {
    users: Stock,
    groups: Stock,
    /// Since when too many are missing, to the second.
    since: Option<Timestamp>,
    /// What a person was seen to accept.
    accepted: Option<Acceptance>,
}

#[derive(Debug, Default)]
struct Stock {
    /// Too many are missing: so many, of so many.
    implausible: Option<(usize, usize)>,
    /// How many listings have begun.
    begun: u64,
    /// Which of them was the last to end.
    ended: u64,
    /// Whom that listing did not show, where it is believed.
    absent: HashSet<(String, String)>,
    /// The objects whose id finds nobody, by UID: the id, and how many
    /// listings had begun by then.
    gone: HashMap<String, (String, u64)>,
}

/// A person's word that so many are gone indeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Acceptance {
    missing: usize,
    since: Timestamp,
}

impl Acceptance {
    /// As it is written in an annotation: `12 since 2026-05-13T04:42:34Z`.
    fn read(text: &str) -> Option<Self> {
        let (missing, since) = text.split_once(" since ")?;
        Some(Self { missing: missing.trim().parse().ok()?, since: since.trim().parse().ok()? })
    }
}

impl Inventory {
    /// What the provider's status remembers.
    pub fn remembered(status: Option<&MissingInventory>) -> Self {
        let Some(status) = status else { return Self::default() };
        let stock = |missing: i64| Stock {
            implausible: usize::try_from(missing).ok().filter(|missing| *missing > 0).map(|it| (it, it)),
            ..Stock::default()
        };
        Self {
            users: stock(status.users),
            groups: stock(status.groups),
            since: Some(status.since.0),
            accepted: None,
        }
    }

    /// What the provider's status is to remember.
    pub fn to_remember(&self) -> Option<MissingInventory> {
        let count = |stock: &Stock| i64::try_from(stock.missing()).unwrap_or(i64::MAX);
        let since = self.since.filter(|_| self.missing() > 0)?;
        Some(MissingInventory { users: count(&self.users), groups: count(&self.groups), since: Time(since) })
    }

    /// Takes note of what a person accepts.
    pub fn accept(&mut self, text: Option<&str>) {
        self.accepted = text.and_then(Acceptance::read);
    }

    /// Whether too many are missing for anything to be created or deleted.
    pub fn is_frozen(&self) -> bool {
        let is_accepted = |it: Acceptance| Some(it.since) == self.since && self.missing() <= it.missing;
        self.missing() > 0 && !self.accepted.is_some_and(is_accepted)
    }

    /// What the provider says meanwhile.
    pub fn because(&self) -> Option<Because> {
        let since = self.since.filter(|_| self.is_frozen())?;
        let told = |stock: &Stock, kind: &str| {
            stock.implausible.map(|(missing, of)| format!("{missing} of {of} {kind}"))
        };
        let told = [told(&self.users, "users"), told(&self.groups, "groups")];
        let message = format!(
            "{} that objects stand for are missing on the server at once, as with another tenant or a token that \
             does not see everybody. Nothing is created, deleted or put right there until it lists them again. If \
             they are gone indeed, annotate this provider with {ACCEPT_MISSING}: \"{} since {since}\", and each of \
             them is dealt with as onExternalDeletion says.",
            told.into_iter().flatten().collect::<Vec<_>>().join(" and "),
            self.missing(),
        );
        Some(Because::new(reasons::INVENTORY_IMPLAUSIBLE, message))
    }

    /// Numbers a listing that begins.
    pub fn begin(&mut self, of: ResourceType) -> u64 {
        let stock = self.stock_mut(of);
        stock.begun += 1;
        stock.begun
    }

    /// Takes in what the listing with this number found, which has just
    /// ended. Answers whether the server is believed.
    pub fn conclude(&mut self, of: ResourceType, taken: Taken, number: u64, now: Timestamp) -> bool {
        let found = (!taken.is_plausible()).then_some((taken.missing, taken.anchored));
        let stock = self.stock_mut(of);
        stock.implausible = match stock.implausible {
            // What shows but some of them does not show that the others are back.
            Some((missing, anchored)) if taken.listed.is_none() => {
                Some((missing.max(taken.missing), anchored))
            }
            _ => found,
        };
        stock.ended = number;
        stock.absent = taken.absent;
        let whole_seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
        self.since = (self.missing() > 0).then(|| self.since.unwrap_or(whole_seconds));
        if self.is_frozen() {
            self.stock_mut(of).absent.clear();
        }
        !self.is_frozen()
    }

    /// Notes that an id finds nobody; answers whether a listing is wanted.
    pub fn found_gone(&mut self, of: ResourceType, uid: &str, id: &str) -> bool {
        let stock = self.stock_mut(of);
        if stock.gone.get(uid).is_none_or(|(known, _)| known != id) {
            stock.gone.insert(uid.to_owned(), (id.to_owned(), stock.begun));
        }
        stock.absence(uid, id) == Absence::Unknown
    }

    /// Notes that an id finds somebody.
    pub fn found(&mut self, of: ResourceType, uid: &str) {
        self.stock_mut(of).gone.remove(uid);
    }

    /// The objects whose id finds nobody, by UID, and the ids.
    pub fn gone(&self, of: ResourceType) -> HashMap<String, String> {
        let gone = self.stock(of).gone.iter();
        gone.map(|(uid, (id, _))| (uid.clone(), id.clone())).collect()
    }

    /// What is known of an identity that its id does not find.
    pub fn absence(&self, of: ResourceType, uid: &str, id: &str) -> Absence {
        self.stock(of).absence(uid, id)
    }

    fn missing(&self) -> usize {
        self.users.missing() + self.groups.missing()
    }

    fn stock(&self, of: ResourceType) -> &Stock {
        match of {
            ResourceType::User => &self.users,
            ResourceType::Group => &self.groups,
        }
    }

    fn stock_mut(&mut self, of: ResourceType) -> &mut Stock {
        match of {
            ResourceType::User => &mut self.users,
            ResourceType::Group => &mut self.groups,
        }
    }
}

impl Stock {
    fn missing(&self) -> usize {
        self.implausible.map_or(0, |(missing, _)| missing)
    }

    fn absence(&self, uid: &str, id: &str) -> Absence {
        if self.absent.contains(&(uid.to_owned(), id.to_owned())) {
            return Absence::Proven;
        }
        match self.gone.get(uid) {
            Some((gone, begun)) if gone == id && self.ended > *begun => Absence::Listed,
            _ => Absence::Unknown,
        }
    }
}

#[cfg(test)]
#[path = "plausible/tests.rs"]
mod tests;
