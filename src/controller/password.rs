//! Passwords out of Secrets: sent with a creation, and whenever the Secret
//! holds another one.

use futures::StreamExt as _;
use kube::ResourceExt;
use secrecy::{ExposeSecret, SecretString};

use super::{
    context::Context, fault::Fault, identity::Identity, pass::Pass, providers::ProviderKey, secrets::Secrets,
    sessions::Session,
};
use crate::{
    api::{ScimUser, reasons},
    scim::{error::Error, resource::Resource},
    sync::{
        obstacle::Obstacle,
        outcome::{Because, Request},
        password::{self, Action, Present},
        unsupported::Unsupported,
    },
};

/// How many Secrets are read at once after a sweep.
const AT_ONCE: usize = 8;

impl<T: Identity> Pass<'_, T> {
    /// Reads the password, if the manifest names one. Nothing is created
    /// without it.
    pub(super) async fn read_password(&mut self) -> Result<(), Fault> {
        self.password = read(self.context, self.server()?, &self.object).await?;
        Ok(())
    }

    /// Puts the password into what is about to be created.
    pub(super) fn add_password(&mut self, body: &mut Resource) {
        if let Some(value) = self.password_at_creation() {
            let change = password::change(value.expose_secret());
            body.set(&change.path, change.value.unwrap_or_default());
            self.request = Request::CreateWithPassword;
        }
    }

    /// The password that a creation has in it.
    pub(super) fn password_at_creation(&self) -> Option<&SecretString> {
        let rules = self.session.as_ref().map(|session| session.rules::<T>());
        self.password.as_ref().filter(|_| rules.is_some_and(password::is_created_with))
    }

    /// What is remembered of a password: of the identity with this id, or of
    /// the creation with this nonce.
    pub(super) fn password_digest(&self, of: &str, value: &SecretString) -> String {
        self.context.digester.password(of, value.expose_secret())
    }

    /// Notes that the server has the password now, if the creation had it.
    pub(super) fn record_password(&mut self, body: &Resource) {
        if body.get(&password::path()).is_none() {
            return;
        }
        self.record.password_digest =
            self.id().zip(self.password.as_ref()).map(|(id, value)| self.password_digest(&id, value));
    }

    /// Sends the password, after everything else, if it is another one than
    /// was sent last. The identity was read and compared in this pass.
    /// Answers what is in the way of that, where a person has to act.
    pub(super) async fn update_password(&mut self, observed: &Resource) -> Result<Option<Obstacle>, Fault> {
        self.read_password().await?;
        let (Some(id), Some(value)) = (self.id(), self.password.clone()) else {
            self.record.password_digest = None;
            return Ok(None);
        };
        let announced = self.intent.as_ref().map(|intent| self.password_digest(&intent.nonce, &value));
        let present = Present { digest: self.password_digest(&id, &value), announced };
        match password::action(self.record.password_digest.as_deref(), &present, self.record.origin) {
            Action::Keep => {}
            Action::Send if !password::may_change(self.server()?.rules::<T>()) => {
                return Ok(Some(Obstacle::Unsupported(T::RESOURCE_TYPE, Unsupported::Password)));
            }
            Action::Send => {
                self.request = Request::Password;
                let change = password::change(value.expose_secret());
                self.change(&id, &[change], observed).await.map_err(|fault| self.without_password(fault))?;
                self.request = Request::Other;
                self.context.events.done(&self.object, "PasswordSent", "sent the password in the Secret");
            }
            Action::TakeAsKnown => {
                let note = "the password in the Secret was not sent, because the person may have another one: \
                            the next one in the Secret is sent";
                self.context.events.failed(&self.object, "PasswordNotSent", note);
            }
        }
        self.record.password_digest = Some(present.digest);
        Ok(None)
    }

    /// A fault whose words do not quote the password.
    pub(super) fn without_password(&self, fault: Fault) -> Fault {
        let Some(value) = &self.password else { return fault };
        match fault {
            Fault::Server(error) => {
                let may_be_quoted = |words: &String| password::may_be_quoted(words, value.expose_secret());
                let detail = error.detail.filter(may_be_quoted);
                Fault::Server(Error { detail, ..error })
            }
            fault => fault,
        }
    }
}

async fn read<T: Identity>(
    context: &Context,
    session: &Session,
    object: &T,
) -> Result<Option<SecretString>, Because> {
    let Some(reference) = object.password_ref() else { return Ok(None) };
    let secrets = Secrets::of_namespace(context.client.clone(), object.namespace().unwrap_or_default());
    let host = url::Url::parse(&session.endpoint).ok().and_then(|url| url.host_str().map(str::to_owned));
    secrets.value(reference, &[host.as_deref().unwrap_or_default()]).await.map(Some)
}

/// Has those users reconciled whose Secret holds another password than was
/// sent, or cannot be read.
pub(super) async fn compare(context: &Context, provider: &ProviderKey, session: &Session) {
    let users = context.users.find(|user| {
        provider.is_of(user)
            && user.password_ref().is_some()
            && !user.handling().observes
            && user.metadata.deletion_timestamp.is_none()
            && user.id_at(&session.endpoint).is_some()
    });
    futures::stream::iter(users)
        .for_each_concurrent(AT_ONCE, |user| async move {
            let record = user.record();
            if record.is_synced(user.metadata.generation) && is_another(context, session, &user).await {
                context.users.suspect(&user);
            }
        })
        .await;
}

async fn is_another(context: &Context, session: &Session, user: &ScimUser) -> bool {
    match read(context, session, user).await {
        Ok(value) => {
            let digest = value
                .zip(user.id_at(&session.endpoint))
                .map(|(value, id)| context.digester.password(id, value.expose_secret()));
            digest != user.status.as_ref().and_then(|status| status.password_digest.clone())
        }
        Err(because) => because.reason != reasons::PROGRESSING,
    }
}
