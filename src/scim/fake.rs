//! A SCIM server in memory, for tests: correct by default, and faulty where a
//! test says so.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use self::store::Store;
use super::{
    discovery::Discovery,
    error::{Error, ErrorKind},
    filter::{Expression, Filter},
    patch::PatchRequest,
    path::AttributePath,
    port::{Deleted, Page, PageRequest, Port, ResourceType},
    resource::{Resource, member_id},
};

pub use self::call::{Call, Matcher, Method};

mod call;
mod store;

/// The server.
pub struct Fake {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    store: Store,
    calls: Vec<Call>,
    faults: VecDeque<(Matcher, Fault)>,
    outages: Vec<(Matcher, ErrorKind)>,
    heeds_filters: bool,
    discovery: Discovery,
    patch_answer: PatchAnswer,
    now: Option<Timestamp>,
}

/// How patches and replacements are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchAnswer {
    /// 200 and the resource.
    Resource,
    /// 204.
    NoContent,
}

#[derive(Debug)]
enum Fault {
    Refused(Error),
    AnswerLost(Error),
}

impl Default for Fake {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fake").finish_non_exhaustive()
    }
}

impl Fake {
    /// An empty server without a clock, that answers patches and replacements
    /// with the resource.
    pub fn new() -> Self {
        let state = State {
            store: Store::default(),
            calls: Vec::new(),
            faults: VecDeque::new(),
            outages: Vec::new(),
            heeds_filters: true,
            discovery: Discovery { patch: Some(true), filter: Some(true), ..Discovery::default() },
            patch_answer: PatchAnswer::Resource,
            now: None,
        };
        Self { state: Mutex::new(state) }
    }

    /// Sets the server's clock: `Date` of its answers, `meta.created` of what
    /// is created from now on.
    pub fn set_time(&self, now: Timestamp) {
        self.state().now = Some(now);
    }

    /// Sets how patches and replacements are answered.
    pub fn answer_patches_with(&self, answer: PatchAnswer) {
        self.state().patch_answer = answer;
    }

    /// Sets what the server says of itself.
    pub fn set_discovery(&self, discovery: Discovery) {
        self.state().discovery = discovery;
    }

    /// The next call that fits fails, and changes nothing.
    pub fn fail_next(&self, matcher: Matcher, error: Error) {
        self.state().faults.push_back((matcher, Fault::Refused(error)));
    }

    /// The next call that fits takes effect, but its answer is lost.
    pub fn lose_next_answer(&self, matcher: Matcher, error: Error) {
        self.state().faults.push_back((matcher, Fault::AnswerLost(error)));
    }

    /// Every call that fits fails and changes nothing, until [`recover`](Self::recover).
    pub fn fail_always(&self, matcher: Matcher, kind: ErrorKind) {
        self.state().outages.push((matcher, kind));
    }

    /// Ends what [`fail_always`](Self::fail_always) began.
    pub fn recover(&self) {
        self.state().outages.clear();
    }

    /// From now on a search answers everything, as some servers do.
    pub fn ignore_filters(&self) {
        self.state().heeds_filters = false;
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    /// Puts a resource there behind everybody's back, by no call; answers its
    /// id, the one in the body if it has one. What is not an object is stored
    /// as an empty resource.
    pub fn insert(&self, resource_type: ResourceType, body: Value) -> String {
        let mut state = self.state();
        let now = state.now;
        state.store.put(resource_type, &Resource::from_value(body).unwrap_or_default(), now)
    }

    /// Changes a resource behind everybody's back; whether it is there.
    pub fn alter(&self, resource_type: ResourceType, id: &str, change: impl FnOnce(&mut Resource)) -> bool {
        self.state().store.alter(resource_type, id, change)
    }

    /// Removes a resource behind everybody's back; whether it was there.
    pub fn remove(&self, resource_type: ResourceType, id: &str) -> bool {
        self.state().store.remove(resource_type, id)
    }

    /// One resource as it stands.
    pub fn resource(&self, resource_type: ResourceType, id: &str) -> Option<Resource> {
        self.state().store.find(resource_type, id).cloned()
    }

    /// All resources as they stand, in the order of their creation.
    pub fn resources(&self, resource_type: ResourceType) -> Vec<Resource> {
        self.state().store.all(resource_type).to_vec()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patch_at(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let body = request.body();
        let call = Call::new(Method::Patch, resource_type).about(id).with(body.clone());
        let call = Call { if_match: if_match.map(ToOwned::to_owned), ..call };
        self.serve(call, |state| {
            let resource = state.store.patch(resource_type, id, &body, if_match)?;
            Ok((state.patch_answer == PatchAnswer::Resource).then_some(resource))
        })
    }

    /// Records the call, and does it unless a fault says otherwise.
    fn serve<T>(&self, call: Call, serve: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        let mut state = self.state();
        let fault = state.faults.iter().position(|(matcher, _)| matcher.fits(&call));
        let fault = fault.and_then(|at| state.faults.remove(at)).map(|(_, fault)| fault);
        let outage = state.outages.iter().find(|(matcher, _)| matcher.fits(&call)).map(|(_, kind)| *kind);
        let operation = format!("{:?}", call.method);
        state.calls.push(call);
        if let Some(kind) = outage {
            return Err(Error::new(kind, operation));
        }
        match fault {
            Some(Fault::Refused(error)) => Err(error),
            Some(Fault::AnswerLost(error)) => serve(&mut state).and(Err(error)),
            None => serve(&mut state),
        }
    }
}

#[async_trait]
impl Port for Fake {
    async fn discover(&self) -> Result<Discovery, Error> {
        let call =
            Call { method: Method::Discover, resource_type: None, id: None, body: None, if_match: None };
        self.serve(call, |state| Ok(state.discovery.clone()))
    }

    async fn search(&self, resource_type: ResourceType, filter: &Filter) -> Result<Page, Error> {
        let text = filter.to_string();
        self.serve(Call::new(Method::Search, resource_type).with(json!(text)), |state| {
            let filter = Expression::parse(&text).map_err(|error| Error {
                status: Some(400),
                scim_type: Some(super::error::ScimType::InvalidFilter),
                detail: Some(error.to_string()),
                ..Error::new(ErrorKind::Rejected, "search")
            })?;
            let all = state.store.all(resource_type).iter();
            let resources: Vec<Resource> =
                all.filter(|resource| !state.heeds_filters || filter.matches(resource)).cloned().collect();
            Ok(Page { total_results: Some(resources.len() as u64), resources })
        })
    }

    async fn list(&self, resource_type: ResourceType, page: PageRequest) -> Result<Page, Error> {
        let PageRequest { start_index, count, by_search } = page;
        let asked = json!({"startIndex": start_index, "count": count, "bySearch": by_search});
        self.serve(Call::new(Method::List, resource_type).with(asked), |state| {
            let all = state.store.all(resource_type);
            let most = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let from = most(start_index.saturating_sub(1));
            let resources = all.iter().skip(from).take(most(count)).cloned().collect();
            Ok(Page { resources, total_results: Some(all.len() as u64) })
        })
    }

    async fn is_member(&self, group: &str, member: &str) -> Result<bool, Error> {
        let call = Call::new(Method::IsMember, ResourceType::Group).about(group).with(json!(member));
        self.serve(call, |state| {
            let members = AttributePath::core("members");
            let group = state.store.find(ResourceType::Group, group);
            let members = group.and_then(|group| group.get(&members)).and_then(Value::as_array);
            let is_it = |known: &Value| member_id(known).as_deref() == Some(member);
            Ok(members.is_some_and(|members| members.iter().any(is_it)))
        })
    }

    async fn get(&self, resource_type: ResourceType, id: &str) -> Result<Option<Resource>, Error> {
        let call = Call::new(Method::Get, resource_type).about(id);
        self.serve(call, |state| Ok(state.store.find(resource_type, id).cloned()))
    }

    async fn create(&self, resource_type: ResourceType, body: &Resource) -> Result<Resource, Error> {
        let call = Call::new(Method::Create, resource_type).with(Value::Object(body.as_object().clone()));
        self.serve(call, |state| {
            let now = state.now;
            state.store.create(resource_type, body, now)
        })
    }

    async fn patch(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
    ) -> Result<Option<Resource>, Error> {
        self.patch_at(resource_type, id, request, None)
    }

    async fn patch_if_match(
        &self,
        resource_type: ResourceType,
        id: &str,
        request: &PatchRequest,
        version: &str,
    ) -> Result<Option<Resource>, Error> {
        self.patch_at(resource_type, id, request, Some(version))
    }

    async fn replace(
        &self,
        resource_type: ResourceType,
        id: &str,
        body: &Resource,
        if_match: Option<&str>,
    ) -> Result<Option<Resource>, Error> {
        let call = Call::new(Method::Replace, resource_type).about(id);
        let call = call.with(Value::Object(body.as_object().clone()));
        let call = Call { if_match: if_match.map(ToOwned::to_owned), ..call };
        self.serve(call, |state| {
            let resource = state.store.replace(resource_type, id, body, if_match)?;
            Ok((state.patch_answer == PatchAnswer::Resource).then_some(resource))
        })
    }

    async fn delete(&self, resource_type: ResourceType, id: &str) -> Result<Deleted, Error> {
        self.serve(Call::new(Method::Delete, resource_type).about(id), |state| {
            let was_there = state.store.remove(resource_type, id);
            Ok(if was_there { Deleted::Gone } else { Deleted::WasAbsent })
        })
    }

    fn server_date(&self) -> Option<Timestamp> {
        self.state().now
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(30)
    }
}
