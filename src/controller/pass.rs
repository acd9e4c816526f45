//! The steps of a pass. Which one comes next is decided in
//! [`lifecycle`](crate::sync::lifecycle); here each is carried out.

use std::{collections::HashSet, sync::Arc, time::Duration};

use jiff::SignedDuration;
use kube::ResourceExt;
use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    absent,
    context::Context,
    fault::{End, Fault},
    gate::Pass as Leave,
    identity::Identity,
    permission,
    providers::ProviderKey,
    sessions::{Session, Standing},
};
use crate::{
    api::{
        Adoption, DeletionPolicy, HeldAction,
        names::{CREATE_INTENT, FINALIZER},
        reasons,
    },
    runtime::entropy,
    scim::{error, path::AttributePath, port::Port},
    sync::{
        address::Reading,
        backoff,
        claims::{Claimed, Rival},
        desired::{Desired, InvalidSpec},
        external::Policies,
        intent::Intent,
        lifecycle::Step,
        lookup::Lookup,
        obstacle::Obstacle,
        outcome::{Because, ManagerRemark, MemberRemarks, Outcome, Remarks, Request, suspended},
        record::Record,
        terms::Terms,
    },
};

/// More steps than any path through the lifecycle has.
const MOST_STEPS: usize = 20;

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
    /// What somebody wrote last to have everything compared.
    pub(super) requested_at: Option<String>,
    /// What status is going to remember.
    pub(super) record: Record,
    pub(super) session: Option<Arc<Session>>,
    /// Why the provider does not serve this object.
    pub(super) refusal: Option<Because>,
    /// What the provider says about deletion; before a deletion it is asked
    /// for at the API server.
    pub(super) provider_policy: Option<DeletionPolicy>,
    /// What the provider says about changes from outside.
    pub(super) policies: Policies,
    /// What went from the manifest and stays on the server, because nobody can
    /// change it there.
    pub(super) kept: Vec<AttributePath>,
    /// What somebody changed on the server, where that is only told.
    pub(super) drifted: Vec<AttributePath>,
    /// What the provider says about a move to another endpoint.
    pub(super) acknowledgement: Option<String>,
    /// What the provider says about adoption.
    pub(super) provider_adoption: Option<Adoption>,
    pub(super) desired: Result<Desired, InvalidSpec>,
    /// What the server makes of the manifest.
    pub(super) terms: Terms,
    pub(super) reading: Reading,
    pub(super) named: Reading,
    /// What reading the identity found that was left behind for the object.
    pub(super) found_again: Reading,
    /// How far the members are, once they were looked at.
    pub(super) members: Option<MemberRemarks>,
    /// How far the reference to the manager is.
    manager: Option<ManagerRemark>,
    /// The password, once it was read.
    pub(super) password: Option<SecretString>,
    /// How many values are still to be removed that must not be there.
    pub(super) unwanted_left: usize,
    /// When to look again whether what differs is only shown late.
    pub(super) shown_late: Option<Duration>,
    /// What was last asked of the server, for the words of a refusal.
    pub(super) request: Request,
    /// How often somebody else changed the identity in between.
    pub(super) overtaken: u32,
    /// What the guard has kept from being sent.
    pub(super) kept_back: Option<HeldAction>,
    pub(super) leave: Option<Leave>,
    pub(super) desk: Option<Leave>,
    /// The door for a creation whose turn has come.
    pub(super) in_turn: Option<Arc<dyn Port>>,
    pub(super) fresh: bool,
    pub(super) intent: Option<Intent>,
    pub(super) just_written: bool,
    pub(super) lookup: Lookup,
    /// What the server said when it refused a creation because somebody is
    /// there.
    pub(super) conflict: Option<error::Error>,
    pub(super) announced_lookup: Lookup,
    /// Of the ids that were found, those that other objects stand for.
    pub(super) claimed: Vec<Claimed>,
    /// Who keeps the identity to which this object is anchored, too.
    pub(super) rival: Option<Rival>,
    /// The UIDs of others of whom the API server said in this pass that they
    /// are anchored there, and that they are not.
    pub(super) proven_rivals: HashSet<String>,
    pub(super) disproven_rivals: HashSet<String>,
}

impl<'a, T: Identity> Pass<'a, T> {
    /// A pass over this object.
    pub(super) fn new(context: &'a Arc<Context>, object: T) -> Self {
        let provider = ProviderKey::of(&object);
        let session = match context.sessions.of(&provider) {
            Standing::Open(session) => Some(session),
            Standing::Unknown | Standing::Failing => None,
        };
        let known = context.providers.get(&provider);
        let acknowledgement = known.as_ref().and_then(|provider| provider.acknowledgement.clone());
        let spec = known.map(|provider| provider.spec);
        let mut pass = Self {
            context,
            started: Instant::now(),
            suspicions: T::memory(context).suspicions(&object),
            generation: object.meta().generation,
            requested_at: None,
            record: Record::default(),
            session,
            refusal: None,
            provider_policy: spec.as_ref().and_then(|spec| spec.deletion_policy),
            policies: spec.as_ref().map(Policies::of).unwrap_or_default(),
            kept: Vec::new(),
            drifted: Vec::new(),
            acknowledgement,
            provider_adoption: spec.and_then(|spec| spec.adoption),
            desired: object.desired(),
            terms: Terms::default(),
            reading: Reading::NotYet,
            named: Reading::NotYet,
            found_again: Reading::NotYet,
            members: None,
            manager: None,
            password: None,
            unwanted_left: 0,
            shown_late: None,
            request: Request::Other,
            provider,
            overtaken: 0,
            kept_back: None,
            leave: None,
            desk: None,
            in_turn: None,
            fresh: false,
            intent: None,
            just_written: false,
            lookup: Lookup::NotYet,
            conflict: None,
            announced_lookup: Lookup::NotYet,
            claimed: Vec::new(),
            rival: None,
            proven_rivals: HashSet::new(),
            disproven_rivals: HashSet::new(),
            object,
        };
        pass.consider_object();
        pass
    }

    /// Goes step by step until the pass ends.
    pub(super) async fn run(&mut self) -> Result<End, Fault> {
        self.ask_permission().await?;
        for _ in 0..MOST_STEPS {
            let stands_still = self.is_deleting() || self.object.handling().suspended;
            if let (Err(invalid), false) = (&self.desired, stands_still) {
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
            rewritten: self.record.known.rewritten_paths().cloned().collect(),
            warning: self.terms.warning(self.deletion_policy(), T::RESOURCE_TYPE),
            kept: self.kept.clone(),
            members: self.members.clone(),
            manager: self.manager.clone(),
        }
    }

    async fn execute(&mut self, step: Step) -> Result<Option<End>, Fault> {
        if step != Step::Create {
            // Whoever keeps a turn that he does not use may wait in vain for another.
            self.in_turn = None;
        }
        let has_leave = match &step {
            Step::Rest | Step::AskToLeave | Step::AwaitLeave => true,
            step if needs_server(step) => self.enter(),
            _ => self.enter_desk(),
        };
        if !has_leave {
            return Ok(Some(End::Quiet(None)));
        }
        match step {
            Step::Rest => return Ok(Some(End::Rest)),
            Step::Suspend => {
                let because = suspended(self.is_deleting());
                return Ok(Some(End::Done(Outcome::Suspended(because), None)));
            }
            Step::AwaitProvider => return Ok(Some(self.await_provider())),
            Step::Read => self.read().await?,
            Step::LookForAnnounced => self.look_for_announced().await?,
            Step::Look => self.look().await?,
            Step::ReadNamed(id) => self.read_named(&id).await?,
            Step::ProveFresh => self.prove_fresh().await?,
            Step::ProveRival => self.prove_rival().await?,
            Step::Protect => self.protect().await?,
            Step::Announce => self.announce().await?,
            Step::Create => self.create().await?,
            Step::Pair(resource) => self.pair(resource),
            Step::Adopt(resource) => self.adopt(resource).await?,
            Step::Move => self.move_anchor().await?,
            Step::ReadLeftBehind(id) => self.read_left_behind(&id).await?,
            Step::TakeBack(resource) => self.take_back(resource).await?,
            Step::HandOver => self.hand_over().await?,
            Step::Update => match self.update().await {
                Err(fault) if self.was_overtaken(&fault) => self.reading = Reading::NotYet,
                updated => return updated.map(|obstacle| Some(self.updated(obstacle.as_ref()))),
            },
            Step::Show(resource) => return self.show(&resource).map(Some),
            Step::LetGo => self.let_go().await?,
            Step::AskToLeave => self.ask_to_leave(),
            Step::AwaitLeave => return Ok(Some(End::Quiet(None))),
            Step::StayHeld => return Ok(Some(self.stay_held())),
            Step::Delete(id) => {
                self.delete(&id).await?;
                return self.release().await.map(Some);
            }
            Step::Deactivate(resource) => match self.deactivate(&resource).await {
                Err(fault) if self.was_overtaken(&fault) => {
                    self.reading = Reading::NotYet;
                    self.announced_lookup = Lookup::NotYet;
                }
                deactivated => {
                    deactivated?;
                    return self.release().await.map(Some);
                }
            },
            Step::Release => return self.release().await.map(Some),
            Step::Wait(left) => {
                let left = Duration::try_from(left).unwrap_or_default();
                return Ok(Some(End::Done(Outcome::Waiting(self.unsettled()), Some(left))));
            }
            Step::AwaitListing => return Ok(Some(self.await_listing())),
            Step::Settle(left) => return Ok(Some(self.settle(left))),
            Step::Retry(why) => return Err(Fault::Undecided(why)),
            Step::Refused => {
                let refused = self.conflict.take().map(Fault::from);
                return Err(refused.unwrap_or_else(|| Fault::Undecided("a creation was refused".to_owned())));
            }
            Step::Stall(obstacle) if obstacle.is_outside() => return Ok(Some(Self::tell_outside(&obstacle))),
            Step::Stall(obstacle) => return Ok(Some(self.stall(&obstacle))),
        }
        Ok(None)
    }

    /// The server says what the manifest says, but for what a person has to
    /// decide, and for values that go one by one.
    fn updated(&mut self, obstacle: Option<&Obstacle>) -> End {
        if let Some(left) = self.shown_late.take() {
            return End::Quiet(Some(left));
        }
        if let Some(end) = self.kept_back_by_guard() {
            return end;
        }
        if let Some(obstacle) = obstacle.filter(|it| it.is_outside()) {
            return Self::tell_outside(obstacle);
        }
        if let Some(obstacle) = obstacle.filter(|_| self.unwanted_left == 0) {
            return self.stall(obstacle);
        }
        if self.unwanted_left == 0 {
            return End::Done(Outcome::InSync, None);
        }
        let message = "values that spec.ensureAbsent names are removed one after the other";
        End::Done(Outcome::Waiting(Because::new(reasons::PROGRESSING, message)), Some(absent::NEXT))
    }

    /// What the server shows may be from before the last change. Only whoever
    /// deletes the object is kept waiting by that.
    fn settle(&self, left: SignedDuration) -> End {
        let left = Duration::try_from(left).unwrap_or_default();
        if !self.is_deleting() {
            return End::Quiet(Some(left));
        }
        let message = "the server does not show the identity yet, which was created or changed just now, as it is \
                       known to do; it is read again by itself";
        End::Done(Outcome::Waiting(Because::new(reasons::PROGRESSING, message)), Some(left))
    }

    /// A person has to act.
    fn stall(&mut self, obstacle: &Obstacle) -> End {
        // Nobody is shown who is not there, or not meant.
        self.record.shown = None;
        let because = obstacle.because(&T::RESOURCE_TYPE.to_string());
        let failures = T::memory(self.context).failed(&self.object);
        let pause = backoff::stalled(failures, entropy::factor(0.0..=1.0));
        End::Done(Outcome::Stalled(because), Some(pause))
    }

    /// Without permission the server is out of reach.
    pub(super) async fn ask_permission(&mut self) -> Result<(), Fault> {
        self.refusal = permission::refusal(self.context, &self.provider, &self.object).await?;
        if self.refusal.is_some() {
            self.session = None;
            self.terms = Terms::default();
        }
        Ok(())
    }

    fn await_provider(&self) -> End {
        let Some(refusal) = &self.refusal else { return End::AwaitProvider };
        let failures = T::memory(self.context).failed(&self.object);
        let pause = backoff::stalled(failures, entropy::factor(0.0..=1.0));
        End::Done(Outcome::Stalled(refusal.clone()), Some(pause))
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
    pub(super) fn consider_object(&mut self) {
        self.generation = self.object.meta().generation;
        self.resolve();
        self.record = self.object.record();
        self.consider_rivals();
        self.requested_at = self.object.requested_at();
        let endpoint = self.session.as_ref().map(|session| session.endpoint.as_str());
        let uid = self.object.uid().unwrap_or_default();
        self.intent = self
            .object
            .annotations()
            .get(CREATE_INTENT)
            .and_then(|note| Intent::open(note, &self.context.digester, &uid, endpoint));
    }

    /// Takes over what the manifest names, as far as that is known by now.
    pub(super) fn resolve(&mut self) {
        let endpoint = self.session.as_ref().map(|session| session.endpoint.as_str());
        (self.desired, self.manager) = match self.object.resolved(self.context, endpoint) {
            Ok((desired, manager)) => (Ok(desired), manager),
            Err(invalid) => (Err(invalid), None),
        };
        self.terms = match (&self.session, &self.desired) {
            (Some(session), Ok(desired)) => session.terms(&self.object, desired),
            _ => Terms::default(),
        };
    }

    pub(super) fn is_deleting(&self) -> bool {
        self.object.meta().deletion_timestamp.is_some()
    }

    pub(super) fn has_finalizer(&self) -> bool {
        self.object.finalizers().iter().any(|name| name == FINALIZER)
    }
}

/// The longest text that status can hold.
pub(super) const LONGEST_TEXT: usize = 1_024;

/// Whether status can hold a text that a server made up.
pub(super) fn fits(text: &str) -> bool {
    text.chars().count() <= LONGEST_TEXT
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
            | Step::ReadNamed(_)
            | Step::ReadLeftBehind(_)
            | Step::TakeBack(_)
            | Step::Adopt(_)
            | Step::Move
            | Step::Update
            | Step::Delete(_)
            | Step::Deactivate(_)
    )
}
