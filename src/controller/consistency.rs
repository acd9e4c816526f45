//! Servers that show what was there before for a while after a change.

use std::time::Duration;

use jiff::SignedDuration;

use super::{identity::Identity, pass::Pass, roster::Roster, sessions::Session};

impl<T: Identity> Pass<'_, T> {
    /// For how long the server is known to show what was there before.
    pub(super) fn grace(&self) -> SignedDuration {
        let grace = self.session.as_ref().map(|session| session.grace()).unwrap_or_default();
        SignedDuration::try_from(grace).unwrap_or_default()
    }

    /// How much of that is left since something of the identity was changed.
    /// The note of its creation tells that also after a restart.
    pub(super) fn settling(&self) -> Option<Duration> {
        let grace = self.session.as_ref()?.grace();
        let changed = T::memory(self.context).left_of(grace, &self.object);
        let now = self.context.clock.now();
        let announced = self.intent.as_ref().and_then(|intent| intent.left_of(self.grace(), now));
        changed.max(announced.and_then(|left| Duration::try_from(left).ok()))
    }

    /// The same where the manifest was applied as it is: then a difference may
    /// be no more than an old answer.
    pub(super) fn applied_and_settling(&self) -> Option<Duration> {
        self.settling().filter(|_| self.record.is_synced(self.generation))
    }

    /// Whether a group was made to have just the members that it is to have.
    pub(super) fn was_given_its_members(&self, session: &Session) -> bool {
        let wanted = self.object.wanted_members(&Roster::new(self.context, &self.provider, session));
        wanted.is_some_and(|wanted| T::memory(self.context).has_members(&self.object, &wanted))
    }
}
