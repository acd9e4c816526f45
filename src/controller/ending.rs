//! The steps by which an object and its identity part.

use super::{
    fault::{End, Fault},
    identity::Identity,
    pass::Pass,
};
use crate::{
    api::{DeletionPolicy, names::FINALIZER},
    scim::{path::AttributePath, resource::Resource},
    sync::{address::Reading, deletion, diff::Change},
};

impl<T: Identity> Pass<'_, T> {
    pub(super) async fn protect(&mut self) -> Result<(), Fault> {
        let protected = self.context.objects.protect(&self.object, FINALIZER).await?;
        self.replace_object(protected);
        Ok(())
    }

    pub(super) async fn delete(&mut self, id: &str) -> Result<(), Fault> {
        self.server()?.port.delete(T::RESOURCE_TYPE, id).await?;
        T::memory(self.context).changed(&self.object);
        self.context.events.done(&self.object, "Deleted", format!("deleted the {}", T::RESOURCE_TYPE));
        Ok(())
    }

    /// Makes the user inactive, which was just found and compared.
    pub(super) async fn deactivate(&mut self, resource: &Resource) -> Result<(), Fault> {
        let Some(id) = resource.id() else { return Ok(()) };
        let change = Change { path: AttributePath::core("active"), value: Some(false.into()) };
        let known = match &self.reading {
            Reading::Present(read) => Reading::Present(read.clone()),
            // Found in a listing, which may show less than there is.
            _ => self.reading_of(resource.clone()),
        };
        let Some(whole) = (match known {
            Reading::Present(whole) => Some(whole),
            _ => self.server()?.port.get(T::RESOURCE_TYPE, &id).await?,
        }) else {
            return Ok(());
        };
        self.change(&id, &[change], &whole).await?;
        self.context.events.done(
            &self.object,
            "Deactivated",
            format!("deactivated the {}", T::RESOURCE_TYPE),
        );
        Ok(())
    }

    /// Gives up the claim on the identity. The note of its creation goes too:
    /// should the object manage again, it begins like a new one.
    pub(super) async fn let_go(&mut self) -> Result<(), Fault> {
        let free = self.context.objects.let_go(&self.object).await?;
        self.replace_object(free);
        self.intent = None;
        self.record.let_go();
        Ok(())
    }

    pub(super) async fn release(&mut self) -> Result<End, Fault> {
        if self.has_finalizer() {
            self.context.objects.release(&self.object, FINALIZER).await?;
        }
        Ok(End::Gone)
    }

    pub(super) fn deletion_policy(&self) -> DeletionPolicy {
        deletion::policy(
            self.object.deletion_policy(),
            self.provider_policy,
            self.record.origin,
            T::RESOURCE_TYPE,
        )
    }
}
