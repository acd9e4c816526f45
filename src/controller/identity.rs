//! What users and groups have in common, so that one engine drives both.

use kube::ResourceExt;
use serde::Serialize;
use serde_json::Value;

use super::{
    context::Context, kind::Kind, managers, pass::LONGEST_TEXT, permission::Asking, roster::Roster,
    watches::Watchable,
};
use crate::{
    api::{
        AdoptionPolicy, Anchor, DeletionPolicy, GroupDeletionPolicy, Mode, ProviderRef, ScimGroup, ScimUser,
        SecretKeyRef,
        names::{REACTIVATE_REQUESTED_AT, RECONCILE_REQUESTED_AT},
    },
    scim::port::ResourceType,
    sync::{
        desired::{Desired, InvalidSpec},
        members::Wanted,
        outcome::ManagerRemark,
        record::Record,
    },
};

/// How an object wants its identity to be handled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handling<'a> {
    /// It may be one that is there already.
    pub(super) adopts: bool,
    /// The id of the one to take over or to observe.
    pub(super) named_id: Option<&'a str>,
    /// It is only shown.
    pub(super) observes: bool,
    /// It is left alone for now.
    pub(super) suspended: bool,
}

/// A custom resource that stands for one identity on one server.
pub(super) trait Identity: Watchable + Serialize + Asking {
    /// The kind's name, as people know it.
    const KIND: &'static str;
    /// What it is on the server.
    const RESOURCE_TYPE: ResourceType;

    /// The kind's part of the context.
    fn memory(context: &Context) -> &Kind<Self>;
    /// The provider it belongs to.
    fn provider_ref(&self) -> &ProviderRef;
    /// What the manifest calls the identity: its userName or displayName.
    fn name_there(&self) -> Option<&str>;
    /// What the manifest names.
    fn desired(&self) -> Result<Desired, InvalidSpec>;
    /// What the manifest names, with what it names by object, as far as that
    /// is known: and how far that is.
    fn resolved(
        &self,
        _context: &Context,
        _endpoint: Option<&str>,
    ) -> Result<(Desired, Option<ManagerRemark>), InvalidSpec> {
        Ok((self.desired()?, None))
    }
    /// What somebody wrote last to have everything compared; no longer than
    /// status can hold.
    fn requested_at(&self) -> Option<String> {
        let requested = self.annotations().get(RECONCILE_REQUESTED_AT)?;
        Some(requested.chars().take(LONGEST_TEXT).collect())
    }
    /// What somebody wrote last to have a disabled account enabled again; no
    /// longer than status can hold.
    fn reactivation_requested_at(&self) -> Option<String> {
        None
    }
    /// The Secret with the password.
    fn password_ref(&self) -> Option<&SecretKeyRef> {
        None
    }
    /// How the manifest wants the identity to be handled.
    fn handling(&self) -> Handling<'_>;
    /// What the manifest says about deletion.
    fn deletion_policy(&self) -> Option<DeletionPolicy>;
    /// Where status says that the identity is. Without the rest of the
    /// record, because whole caches are searched by it.
    fn anchor(&self) -> Option<&Anchor>;
    /// What status remembers.
    fn record(&self) -> Record;
    /// The id of the identity at this endpoint. An anchor at another one is
    /// no identity here: its id may be a stranger's.
    fn id_at(&self, endpoint: &str) -> Option<&str> {
        self.anchor().filter(|anchor| anchor.endpoint_key == endpoint).map(|anchor| anchor.id.as_str())
    }
    /// The status that remembers this.
    fn status_of(record: Record) -> Result<Value, serde_json::Error>;
    /// The members that the manifest names; `None` where they are not ours.
    fn wanted_members(&self, roster: &Roster<'_>) -> Option<Wanted>;
}

impl Identity for ScimUser {
    const KIND: &'static str = "ScimUser";
    const RESOURCE_TYPE: ResourceType = ResourceType::User;

    fn memory(context: &Context) -> &Kind<Self> {
        &context.users
    }

    fn provider_ref(&self) -> &ProviderRef {
        &self.spec.provider_ref
    }

    fn name_there(&self) -> Option<&str> {
        self.spec.user_name.as_deref()
    }

    fn desired(&self) -> Result<Desired, InvalidSpec> {
        Desired::user(&self.spec)
    }

    fn resolved(
        &self,
        context: &Context,
        endpoint: Option<&str>,
    ) -> Result<(Desired, Option<ManagerRemark>), InvalidSpec> {
        let mut desired = self.desired()?;
        let manager = managers::resolve(self, context, endpoint.unwrap_or_default());
        if let Some((Some(id), _)) = &manager {
            desired.link_manager(id);
        }
        Ok((desired, manager.map(|(_, reference)| reference)))
    }

    fn reactivation_requested_at(&self) -> Option<String> {
        let requested = self.annotations().get(REACTIVATE_REQUESTED_AT)?;
        Some(requested.chars().take(LONGEST_TEXT).collect())
    }

    fn password_ref(&self) -> Option<&SecretKeyRef> {
        self.spec.password_secret_ref.as_ref()
    }

    fn handling(&self) -> Handling<'_> {
        let spec = &self.spec;
        Handling {
            adopts: spec.adoption_policy == Some(AdoptionPolicy::Adopt),
            named_id: spec.adopt_id.as_deref(),
            observes: spec.mode == Some(Mode::Observe),
            suspended: spec.suspend == Some(true),
        }
    }

    fn deletion_policy(&self) -> Option<DeletionPolicy> {
        self.spec.deletion_policy
    }

    fn anchor(&self) -> Option<&Anchor> {
        self.status.as_ref()?.anchor.as_ref()
    }

    fn record(&self) -> Record {
        Record::of_user(self.status.as_ref())
    }

    fn status_of(record: Record) -> Result<Value, serde_json::Error> {
        serde_json::to_value(record.into_user_status())
    }

    fn wanted_members(&self, _roster: &Roster<'_>) -> Option<Wanted> {
        None
    }
}

impl Identity for ScimGroup {
    const KIND: &'static str = "ScimGroup";
    const RESOURCE_TYPE: ResourceType = ResourceType::Group;

    fn memory(context: &Context) -> &Kind<Self> {
        &context.groups
    }

    fn provider_ref(&self) -> &ProviderRef {
        &self.spec.provider_ref
    }

    fn name_there(&self) -> Option<&str> {
        self.spec.display_name.as_deref()
    }

    fn desired(&self) -> Result<Desired, InvalidSpec> {
        Desired::group(&self.spec)
    }

    fn handling(&self) -> Handling<'_> {
        let spec = &self.spec;
        Handling {
            adopts: spec.adoption_policy == Some(AdoptionPolicy::Adopt),
            named_id: spec.adopt_id.as_deref(),
            observes: spec.mode == Some(Mode::Observe),
            suspended: spec.suspend == Some(true),
        }
    }

    fn deletion_policy(&self) -> Option<DeletionPolicy> {
        self.spec.deletion_policy.map(|policy| match policy {
            GroupDeletionPolicy::Delete => DeletionPolicy::Delete,
            GroupDeletionPolicy::Retain => DeletionPolicy::Retain,
        })
    }

    fn anchor(&self) -> Option<&Anchor> {
        self.status.as_ref()?.anchor.as_ref()
    }

    fn record(&self) -> Record {
        Record::of_group(self.status.as_ref())
    }

    fn status_of(record: Record) -> Result<Value, serde_json::Error> {
        serde_json::to_value(record.into_group_status())
    }

    fn wanted_members(&self, roster: &Roster<'_>) -> Option<Wanted> {
        roster.wanted(self)
    }
}
