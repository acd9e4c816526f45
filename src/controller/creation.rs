//! The steps that bring an identity into being, and make it the object's own.

use std::sync::Arc;

use kube::ResourceExt;
use serde_json::Value;

use super::{
    claims,
    fault::Fault,
    identity::Identity,
    objects::ObjectError,
    pass::{Pass, fits},
    unseen::Sight,
};
use crate::{
    api::{Origin, reasons},
    runtime::entropy,
    scim::{
        error::{Error, ErrorKind},
        path::AttributePath,
        resource::Resource,
    },
    sync::{
        address::{Address, Reading},
        intent::Intent,
        lookup::name_attribute,
        members::Addition,
        outcome::{Because, Request, refusal},
        plan,
    },
};

const GIVEN_TIME: &str = "the server is given time to show whether it took effect";

impl<T: Identity> Pass<'_, T> {
    pub(super) async fn announce(&mut self) -> Result<(), Fault> {
        self.read_password().await?;
        let Ok(desired) = &self.desired else { return Ok(()) };
        let session = self.server()?;
        // What is announced is created at once: a crash during a long wait in
        // between could not be told from a creation that takes effect late.
        let in_turn = session.turn_to_write(&format!("POST {}", T::RESOURCE_TYPE.endpoint())).await?;
        let nonce = entropy::nonce().map_err(|error| Fault::Undecided(error.to_string()))?;
        let intent = Intent {
            password: self.password_at_creation().map(|value| self.password_digest(&nonce, value)),
            uid: self.object.uid().unwrap_or_default(),
            endpoint: session.endpoint.clone(),
            keys: self.terms.keys.clone(),
            values: Intent::digests(desired, session.rules::<T>(), &self.context.digester),
            nonce,
            written: self.context.clock.now(),
            server_date: session.port.server_date(),
            replaces: self.record.anchor.as_ref().map(|anchor| anchor.id.clone()),
            unexpected: None,
        };
        let note = intent.sealed(&self.context.digester).map_err(ObjectError::Unsayable)?;
        let announced = self.context.objects.announce(&self.object, &note).await?;
        self.replace_object(announced);
        self.intent = Some(intent);
        self.just_written = true;
        self.in_turn = Some(in_turn);
        Ok(())
    }

    pub(super) async fn create(&mut self) -> Result<(), Fault> {
        let Ok(desired) = &self.desired else { return Ok(()) };
        let session = Arc::clone(self.server()?);
        let (mut body, managed) = (plan::create_body(desired, session.rules::<T>()), desired.path_set());
        let superior = desired.manager().map(str::to_owned);
        self.request = Request::Create;
        self.add_password(&mut body);
        let members = self.members_at_creation()?;
        if !members.is_empty() {
            let values: Vec<Value> = members.iter().map(Addition::value).collect();
            body.set(&AttributePath::core("members"), values.into());
        }
        let port = match self.in_turn.take() {
            Some(port) => port,
            None => Arc::clone(&session.port),
        };
        let created = port.create(T::RESOURCE_TYPE, &body).await;
        T::memory(self.context).changed(&self.object);
        let created = match created {
            Ok(created) => created,
            Err(error) => return self.not_created(error),
        };
        self.request = Request::Other;
        self.check_result(&created).await?;
        self.take(&created, Some(&body), Origin::Created);
        self.record.known.managed = managed;
        if let Ok(desired) = &self.desired {
            let sent = desired.paths().filter(|path| body.get(path).is_some());
            let comparison = session.comparison::<T>(desired, &self.context.digester);
            comparison.note_unseen(sent, &mut self.record.known);
        }
        self.record_password(&body);
        T::memory(self.context).made_manager(&self.object, superior.as_deref());
        // Some servers answer with the id and little else, or do not say who of
        // the members is in: then it is read.
        let sight = Sight::of(&session);
        let tells_members = members.is_empty() || !sight.is_shown() || !created.member_ids().is_empty();
        let is_whole = created.text(name_attribute(T::RESOURCE_TYPE)).is_some() && tells_members;
        if !sight.is_shown() {
            // Until the counts are there, this is who may be in it.
            self.record.applied_members.extend(members.into_iter().map(|member| member.id));
        }
        self.reading = if is_whole { self.reading_of(created) } else { Reading::NotYet };
        self.context.events.done(&self.object, "Created", format!("created the {}", T::RESOURCE_TYPE));
        Ok(())
    }

    /// What a creation that failed means for its intent. Where nobody has
    /// looked before, a conflict is no failure yet: who is there is to be
    /// found out.
    fn not_created(&mut self, error: Error) -> Result<(), Fault> {
        let is_refused = !error.may_have_taken_effect();
        let is_unlooked = is_refused && self.terms.is_strict && error.kind == ErrorKind::Conflict;
        if let (true, Some(intent)) = (is_unlooked, &self.intent) {
            T::memory(self.context).refused(&self.object, &intent.nonce);
            self.conflict = Some(error);
            return Ok(());
        }
        let fault = self.without_password(error.into());
        if let (Some(intent), Fault::Server(error)) = (&self.intent, &fault) {
            let kind = T::memory(self.context);
            if is_refused {
                kind.refused(&self.object, &intent.nonce);
            } else {
                kind.left_open(&self.object, &intent.nonce, refusal(error, self.request));
            }
        }
        Err(fault)
    }

    /// What to say while it shows whether a creation took effect: what went
    /// wrong with it, if that is known.
    pub(super) fn unsettled(&self) -> Because {
        let nonce = self.intent.as_ref().map(|intent| &intent.nonce);
        match nonce.and_then(|nonce| T::memory(self.context).why_open(&self.object, nonce)) {
            Some(because) => Because::quoting(
                because.reason,
                format!(
                    "{} It may have created the {} all the same; {GIVEN_TIME}.",
                    because.message,
                    T::RESOURCE_TYPE
                ),
                because.summary,
            ),
            None => Because::new(reasons::PROGRESSING, format!("a creation was interrupted; {GIVEN_TIME}")),
        }
    }

    pub(super) fn pair(&mut self, resource: Resource) {
        self.take(&resource, None, Origin::Created);
        if let Some(intent) = &self.intent {
            self.record.known.managed = intent.paths();
            self.record.password_digest.clone_from(&intent.password);
        }
        self.reading = self.reading_of(resource);
        let note = format!("found the {} that an interrupted pass had created", T::RESOURCE_TYPE);
        self.context.events.done(&self.object, "Paired", note);
    }

    /// An answer with an identity that was there before, or that another
    /// object stands for, is nobody's creation: it is not taken.
    async fn check_result(&mut self, created: &Resource) -> Result<(), Fault> {
        let is_new = self.intent.as_ref().is_some_and(|intent| intent.could_have_made(created));
        if is_new && !self.is_claimed(created) {
            return Ok(());
        }
        let id = created.id().unwrap_or_default();
        if let Some(intent) = &mut self.intent {
            intent.unexpected = Some(id.clone());
            let nonce = intent.nonce.clone();
            T::memory(self.context).refused(&self.object, &nonce);
            self.note_unexpected().await?;
        }
        Err(Fault::ForeignResult { id })
    }

    /// Has it recorded on the object that its creation met somebody else, so
    /// that nothing is posted again after a restart either.
    async fn note_unexpected(&mut self) -> Result<(), Fault> {
        const TRIES: usize = 5;
        let Some(intent) = &self.intent else { return Ok(()) };
        let note = intent.sealed(&self.context.digester).map_err(ObjectError::Unsayable)?;
        for _ in 0..TRIES {
            match self.context.objects.announce(&self.object, &note).await {
                Err(ObjectError::Stale) => self.object = self.context.objects.live(&self.object).await?,
                noted => {
                    self.replace_object(noted?);
                    return Ok(());
                }
            }
        }
        Err(ObjectError::Stale.into())
    }

    /// Makes an identity the object's own. Its name is the one that the server
    /// tells, else the one that was sent.
    pub(super) fn take(&mut self, resource: &Resource, sent: Option<&Resource>, origin: Origin) {
        let Some((id, session)) = resource.id().zip(self.session.as_ref()) else { return };
        let attribute = name_attribute(T::RESOURCE_TYPE);
        let name = resource.text(attribute).or_else(|| sent?.text(attribute));
        self.record.seal = Some(claims::seal(&self.object, &session.endpoint, &id, &self.context.digester));
        self.record.anchor = Some(Address {
            endpoint: session.endpoint.clone(),
            id,
            created: resource.created().filter(|time| fits(time)).map(str::to_owned),
            name: name.filter(|name| fits(name)).map(str::to_owned),
        });
        self.record.origin = Some(origin);
        self.record.known.rewritten.clear();
        self.record.shown = None;
        self.record.password_digest = None;
        self.record.active = None;
        self.record.members = None;
        self.record.applied_members.clear();
    }
}
