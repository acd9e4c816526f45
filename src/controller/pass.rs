//! The steps of a pass. Which one comes next is decided in
//! [`lifecycle`](crate::sync::lifecycle); here each is carried out.

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::reflector::ObjectRef};
use tokio::time::Instant;

use super::{
    context::Context,
    gate::Pass as Leave,
    identity::Identity,
    objects::ObjectError,
    permission,
    providers::ProviderKey,
    sessions::{Session, Standing},
};
use crate::{
    api::{
        DeletionPolicy,
        names::{CREATE_INTENT, FINALIZER},
        reasons,
    },
    runtime::entropy,
    scim::{
        error,
        port::{PageRequest, Port},
    },
    sync::{
        backoff,
        desired::{Desired, InvalidSpec},
        intent::Intent,
        lifecycle::{self, Announced, Facts, Reading, Step},
        lookup::{Lookup, MatchKeys},
        outcome::{Because, MemberRemarks, Outcome, Remarks, Request},
        record::Record,
    },
};

/// More steps than any path through the lifecycle has.
const MOST_STEPS: usize = 20;

/// How a pass ended.
#[derive(Debug)]
pub(super) enum End {
    /// Nothing was to be done.
    Rest,
    /// The object is gone, or no longer ours.
    Gone,
    /// Nothing worth a word; perhaps come back after this time.
    Quiet(Option<Duration>),
    /// The provider has to answer first.
    AwaitProvider,
    /// This is to be said; perhaps come back after this time.
    Done(Outcome, Option<Duration>),
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// A request to the SCIM server.
    #[error(transparent)]
    Server(#[from] error::Error),
    /// A call to the API server.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The server answered a creation with somebody else's identity.
    #[error("the server answered the creation with an identity that was there before")]
    ForeignResult {
        /// Its id.
        id: String,
    },
    /// The server's answers do not tell what is there.
    #[error("{0}")]
    Undecided(String),
}

/// One object on its way.
pub(super) struct Pass<'a, T: Identity> {
    pub(super) context: &'a Arc<Context>,
    pub(super) started: Instant,
    /// The provider that the object names; that never changes.
    pub(super) provider: ProviderKey,
    /// How many suspicions there were when the pass began.
    pub(super) suspicions: u64,
    /// The newest version that is known.
    pub(super) object: T,
    /// The generation that this pass acts on.
    pub(super) generation: Option<i64>,
    /// What status is going to remember.
    pub(super) record: Record,
    pub(super) session: Option<Arc<Session>>,
    /// Why the provider does not serve this object.
    refusal: Option<Because>,
    /// What the provider says about deletion; before a deletion it is asked
    /// for at the API server.
    provider_policy: Option<DeletionPolicy>,
    pub(super) desired: Result<Desired, InvalidSpec>,
    pub(super) reading: Reading,
    /// How far the members are, once they were looked at.
    pub(super) members: Option<MemberRemarks>,
    /// What was last asked of the server, for the words of a refusal.
    pub(super) request: Request,
    leave: Option<Leave>,
    desk: Option<Leave>,
    /// The door for a creation whose turn has come.
    pub(super) in_turn: Option<Arc<dyn Port>>,
    fresh: bool,
    pub(super) intent: Option<Intent>,
    pub(super) just_written: bool,
    lookup: Lookup,
    announced_lookup: Lookup,
}

impl<'a, T: Identity> Pass<'a, T> {
    /// A pass over this object.
    pub(super) fn new(context: &'a Arc<Context>, object: T) -> Self {
        let provider = ProviderKey::of(&object);
        let session = match context.sessions.of(&provider) {
            Standing::Open(session) => Some(session),
            Standing::Unknown | Standing::Failing => None,
        };
        let mut pass = Self {
            context,
            started: Instant::now(),
            suspicions: T::memory(context).suspicions(&object),
            generation: object.meta().generation,
            record: Record::default(),
            session,
            refusal: None,
            provider_policy: context
                .providers
                .get(&provider)
                .and_then(|provider| provider.spec.deletion_policy),
            desired: object.desired(),
            reading: Reading::NotYet,
            members: None,
            request: Request::Other,
            provider,
            leave: None,
            desk: None,
            in_turn: None,
            fresh: false,
            intent: None,
            just_written: false,
            lookup: Lookup::NotYet,
            announced_lookup: Lookup::NotYet,
            object,
        };
        pass.consider_object();
        pass
    }

    /// Goes step by step until the pass ends.
    pub(super) async fn run(&mut self) -> Result<End, Fault> {
        self.ask_permission().await?;
        for _ in 0..MOST_STEPS {
            if let (Err(invalid), false) = (&self.desired, self.is_deleting()) {
                let because = Because::new(reasons::INVALID_SPEC, invalid.to_string());
                let has_leave = self.enter_desk();
                return Ok(if has_leave {
                    End::Done(Outcome::Stalled(because), None)
                } else {
                    End::Quiet(None)
                });
            }
            let step = self.next();
            tracing::trace!(kind = T::KIND, object = self.object.name_any(), ?step);
            if let Some(end) = self.execute(step).await? {
                return Ok(end);
            }
        }
        Err(Fault::Undecided("the pass did not come to an end".to_owned()))
    }

    /// What else is to be said in status.
    pub(super) fn remarks(&self) -> Remarks {
        Remarks {
            rewritten: self.record.known.rewritten.keys().cloned().collect(),
            members: self.members.clone(),
        }
    }

    async fn execute(&mut self, step: Step) -> Result<Option<End>, Fault> {
        let has_leave = match &step {
            Step::Rest => true,
            step if needs_server(step) => self.enter(),
            _ => self.enter_desk(),
        };
        if !has_leave {
            return Ok(Some(End::Quiet(None)));
        }
        match step {
            Step::Rest => return Ok(Some(End::Rest)),
            Step::AwaitProvider => return Ok(Some(self.await_provider())),
            Step::Read => self.read().await?,
            Step::LookForAnnounced => self.look_for_announced().await?,
            Step::Look => self.look().await?,
            Step::ProveFresh => self.prove_fresh().await?,
            Step::Protect => self.protect().await?,
            Step::Announce => self.announce().await?,
            Step::Create => self.create().await?,
            Step::Pair(resource) => self.pair(resource),
            Step::Update => {
                self.update().await?;
                return Ok(Some(End::Done(Outcome::InSync, None)));
            }
            Step::Delete(id) => {
                self.delete(&id).await?;
                return self.release().await.map(Some);
            }
            Step::Release => return self.release().await.map(Some),
            Step::Wait(left) => {
                let left = Duration::try_from(left).unwrap_or_default();
                let because = Because::new(
                    reasons::PROGRESSING,
                    "a creation was interrupted; the server is given time to show whether it took effect",
                );
                return Ok(Some(End::Done(Outcome::Waiting(because), Some(left))));
            }
            Step::Retry(why) => return Err(Fault::Undecided(why)),
            Step::Stall(obstacle) => {
                let because = obstacle.because(&T::RESOURCE_TYPE.to_string());
                let failures = T::memory(self.context).failed(&self.object);
                let pause = backoff::stalled(failures, entropy::factor(0.0..=1.0));
                return Ok(Some(End::Done(Outcome::Stalled(because), Some(pause))));
            }
        }
        Ok(None)
    }

    /// Without permission the server is out of reach.
    async fn ask_permission(&mut self) -> Result<(), Fault> {
        self.refusal = permission::refusal(self.context, &self.provider, &self.object).await?;
        if self.refusal.is_some() {
            self.session = None;
        }
        Ok(())
    }

    fn await_provider(&self) -> End {
        let Some(refusal) = &self.refusal else { return End::AwaitProvider };
        let failures = T::memory(self.context).failed(&self.object);
        let pause = backoff::stalled(failures, entropy::factor(0.0..=1.0));
        End::Done(Outcome::Stalled(refusal.clone()), Some(pause))
    }

    fn next(&self) -> Step {
        let kind = T::memory(self.context);
        let announced = self.intent.as_ref().map(|intent| Announced {
            intent,
            just_written: self.just_written,
            refused: kind.was_refused(&self.object, &intent.nonce),
        });
        let facts = Facts {
            deleting: self.is_deleting(),
            has_finalizer: self.has_finalizer(),
            retain: self.deletion_policy() == DeletionPolicy::Retain,
            settled: self.is_settled(),
            endpoint: self.session.as_ref().map(|session| session.endpoint.as_str()),
            anchor: self.record.anchor.as_ref(),
            announced,
            fresh: self.fresh,
            reading: &self.reading,
            announced_lookup: &self.announced_lookup,
            lookup: &self.lookup,
            desired: self.desired.as_ref().ok(),
            now: self.context.clock.now(),
        };
        lifecycle::next(&facts, T::RESOURCE_TYPE, &self.context.digester)
    }

    /// Members that were not ready are followed up by whoever sees them
    /// become so; only after a start nobody has.
    fn is_settled(&self) -> bool {
        let kind = T::memory(self.context);
        self.refusal.is_none()
            && self.record.is_synced(self.generation)
            && !kind.is_suspect(&self.object)
            && (self.record.is_complete() || kind.is_known(&self.object))
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let Some(anchor) = &self.record.anchor else { return Ok(()) };
        let port = &self.server()?.port;
        let found = port.get(T::RESOURCE_TYPE, &anchor.id).await?;
        if found.is_none() && self.is_deleting() {
            // A gateway that lost its route answers 404 too. Only a server
            // that lists can say that somebody is gone.
            port.list(T::RESOURCE_TYPE, PageRequest { start_index: 1, count: 1, by_search: false }).await?;
        }
        self.reading = found.map_or(Reading::Gone, Reading::Present);
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Fault> {
        let Ok(desired) = &self.desired else { return Ok(()) };
        let keys = MatchKeys::of(desired);
        self.lookup = super::look::by_filter(self.server()?, T::RESOURCE_TYPE, &keys).await?;
        Ok(())
    }

    /// After a crash one answer is not enough: a filter that finds nothing
    /// may be one that the server does not support.
    async fn look_for_announced(&mut self) -> Result<(), Fault> {
        let Some(intent) = &self.intent else { return Ok(()) };
        let keys = intent.keys.clone();
        let found = super::look::by_listing(self.server()?, T::RESOURCE_TYPE, &keys).await?;
        self.announced_lookup = match found {
            Lookup::Found(mut hits) => {
                hits.retain(|hit| !self.is_claimed(hit));
                if hits.is_empty() { Lookup::None } else { Lookup::Found(hits) }
            }
            found => found,
        };
        Ok(())
    }

    async fn prove_fresh(&mut self) -> Result<(), Fault> {
        self.object = self.context.objects.live(&self.object).await?;
        self.consider_object();
        self.ask_permission().await?;
        if self.is_deleting() && self.object.deletion_policy().is_none() {
            let provider = self.context.objects.provider(&self.provider).await?;
            self.provider_policy = provider.spec.deletion_policy;
        }
        self.fresh = true;
        Ok(())
    }

    async fn protect(&mut self) -> Result<(), Fault> {
        let protected = self.context.objects.protect(&self.object, FINALIZER).await?;
        self.replace_object(protected);
        Ok(())
    }

    async fn delete(&mut self, id: &str) -> Result<(), Fault> {
        self.server()?.port.delete(T::RESOURCE_TYPE, id).await?;
        T::memory(self.context).changed(&self.object);
        self.context.events.done(&self.object, "Deleted", format!("deleted the {}", T::RESOURCE_TYPE));
        Ok(())
    }

    async fn release(&mut self) -> Result<End, Fault> {
        if self.has_finalizer() {
            self.context.objects.release(&self.object, FINALIZER).await?;
        }
        Ok(End::Gone)
    }

    /// Takes a place among those who talk to the server.
    fn enter(&mut self) -> bool {
        if self.leave.is_some() {
            return true;
        }
        let Some(session) = &self.session else { return false };
        self.leave = session.traffic.enter(self.call_back());
        self.desk = None;
        self.leave.is_some()
    }

    /// Takes a place among those who talk only to the API server, for whom no
    /// other server matters.
    fn enter_desk(&mut self) -> bool {
        if self.leave.is_none() && self.desk.is_none() {
            self.desk = self.context.objects.desk().enter(self.call_back());
        }
        self.leave.is_some() || self.desk.is_some()
    }

    /// Has the object come back once the server bears it, if that is why this
    /// request failed; no timer of its own is needed.
    pub(super) fn park(&self, error: &error::Error) -> bool {
        let Some(session) = self.session.as_ref().filter(|session| session.traffic.excuses(error)) else {
            return false;
        };
        session.traffic.park(self.call_back());
        true
    }

    fn call_back(&self) -> impl FnOnce() -> bool + Send + 'static {
        let (context, object) = (Arc::clone(self.context), ObjectRef::from(&self.object));
        move || T::memory(&context).resume(&object)
    }

    /// Leaves the places to others, whether or not they were taken.
    pub(super) fn leave(mut self) {
        let session = self.session.take();
        if let (None, Some(session)) = (self.leave.take(), session) {
            session.traffic.pass_on();
        }
        if self.desk.take().is_none() {
            self.context.objects.desk().pass_on();
        }
    }

    pub(super) fn server(&self) -> Result<&Arc<Session>, Fault> {
        self.session.as_ref().ok_or_else(|| Fault::Undecided("the provider is not connected".to_owned()))
    }

    pub(super) fn replace_object(&mut self, object: T) {
        T::memory(self.context).wrote(&object);
        self.object = object;
        self.fresh = true;
    }

    /// Takes over what the object says, after it was read.
    fn consider_object(&mut self) {
        self.generation = self.object.meta().generation;
        self.desired = self.object.desired();
        self.record = self.object.record();
        let endpoint = self.session.as_ref().map(|session| session.endpoint.as_str());
        let uid = self.object.uid().unwrap_or_default();
        self.intent = self
            .object
            .annotations()
            .get(CREATE_INTENT)
            .and_then(|note| Intent::open(note, &self.context.digester, &uid, endpoint));
    }

    fn is_deleting(&self) -> bool {
        self.object.meta().deletion_timestamp.is_some()
    }

    fn has_finalizer(&self) -> bool {
        self.object.finalizers().iter().any(|name| name == FINALIZER)
    }

    /// What the object says, else what its provider says, else Delete.
    fn deletion_policy(&self) -> DeletionPolicy {
        self.object.deletion_policy().or(self.provider_policy).unwrap_or(DeletionPolicy::Delete)
    }
}

/// Whether status can hold a text that a server made up.
pub(super) fn fits(text: &str) -> bool {
    text.chars().count() <= 1_024
}

/// Whether a step is a request to the server or what comes right before one.
fn needs_server(step: &Step) -> bool {
    matches!(
        step,
        Step::ProveFresh
            | Step::Read
            | Step::LookForAnnounced
            | Step::Look
            | Step::Announce
            | Step::Create
            | Step::Update
            | Step::Delete(_)
    )
}
