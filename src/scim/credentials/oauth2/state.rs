//! How long a token and a failure hold. No clock of its own: whoever asks
//! says what time it is.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{CredentialsError, Header},
    ClientSecret,
    grant::{Grant, Refusal},
};

/// When a token whose end is not told is fetched anew. It holds beyond that,
/// until the server refuses it.
const UNTOLD: Duration = Duration::from_mins(4);

/// What a token's told life is taken for at least: it was given to be used.
const SHORTEST: Duration = Duration::from_secs(10);

/// And at most: a token that is never fetched anew survives its revocation.
const LONGEST: Duration = Duration::from_hours(24);

/// How long before its end a token is fetched anew at the latest.
const MARGIN: Duration = Duration::from_mins(1);

/// A token that came because the one before was refused is given this long
/// before a refusal fetches another.
const BETWEEN_RENEWALS: Duration = Duration::from_secs(10);

/// The pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The most that a token endpoint may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// What is known of the client, its token, and the last failure.
#[derive(Debug)]
pub(super) struct State {
    pub(super) client: ClientSecret,
    token: Option<Token>,
    /// Counts tokens that came or went.
    token_number: u64,
    failure: Option<Failure>,
    renewed: Option<Instant>,
}

#[derive(Debug)]
struct Token {
    header: Header,
    /// When it is fetched anew.
    aging: Instant,
    /// When it has ended; `None` where nobody told.
    end: Option<Instant>,
}

#[derive(Debug)]
struct Failure {
    error: CredentialsError,
    /// Nothing is asked until then.
    until: Instant,
    pause: Duration,
}

/// What there is to send.
#[derive(Debug)]
pub(super) enum Ready {
    /// A fresh token, or a failure that still holds.
    Known(Result<Header, CredentialsError>),
    /// A token that holds, and is to be fetched anew.
    Aging(Header),
    /// Nothing.
    Missing,
}

impl State {
    pub(super) fn new(client: ClientSecret) -> Self {
        Self { client, token: None, token_number: 0, failure: None, renewed: None }
    }

    pub(super) fn ready(&self, now: Instant) -> Ready {
        let token = self.token.as_ref().filter(|token| token.end.is_none_or(|end| now < end));
        let failure = self.failure.as_ref().filter(|failure| now < failure.until);
        match (token, failure) {
            (Some(token), None) if token.aging <= now => Ready::Aging(token.header.clone()),
            (Some(token), _) => Ready::Known(Ok(token.header.clone())),
            (None, Some(failure)) => Ready::Known(Err(failure.error.clone())),
            (None, None) => Ready::Missing,
        }
    }

    pub(super) fn token_number(&self) -> u64 {
        self.token_number
    }

    /// Keeps what the token endpoint answered to a request begun then. A
    /// failure leaves the token that still holds.
    pub(super) fn learn(
        &mut self,
        answer: Result<Grant, Refusal>,
        begun: Instant,
        now: Instant,
    ) -> Result<Header, CredentialsError> {
        match answer {
            Ok(Grant { header, life }) => {
                self.token = Some(Token {
                    header: header.clone(),
                    aging: begun + life.map_or(UNTOLD, aging),
                    end: life.map(|life| begun + bounded(life)),
                });
                self.token_number += 1;
                self.failure = None;
                Ok(header)
            }
            Err(Refusal { error, retry_after }) => {
                let doubled = self.failure.as_ref().map(|failure| (failure.pause * 2).min(LONGEST_PAUSE));
                let pause = doubled.unwrap_or(FIRST_PAUSE);
                let wait = retry_after.map_or(pause, |asked| asked.clamp(pause, LONGEST_WAIT));
                self.failure = Some(Failure { error: error.clone(), until: now + wait, pause });
                Err(error)
            }
        }
    }

    /// Drops the token that the server refused; whether another may be asked
    /// for now. A server that refuses every token would else cost a token for
    /// each of its answers.
    pub(super) fn drop_refused(&mut self, now: Instant) -> bool {
        if self.renewed.is_some_and(|renewed| now < renewed + BETWEEN_RENEWALS) {
            return false;
        }
        self.drop_token();
        let may_fetch = self.failure.as_ref().is_none_or(|failure| failure.until <= now);
        if may_fetch {
            self.renewed = Some(now);
        }
        may_fetch
    }

    /// Takes this secret; whether it is another one.
    pub(super) fn rotate(&mut self, client: ClientSecret) -> bool {
        let is_another = self.client != client;
        if is_another {
            self.client = client;
            self.drop_token();
            self.failure = None;
            self.renewed = None;
        }
        is_another
    }

    fn drop_token(&mut self) {
        self.token = None;
        self.token_number += 1;
    }
}

/// When a token of this life is fetched anew: after four fifths of it or a
/// minute before its end, whichever comes first, but not in its first half.
fn aging(life: Duration) -> Duration {
    let life = bounded(life);
    life.mul_f64(0.8).min(life.saturating_sub(MARGIN)).max(life / 2)
}

fn bounded(life: Duration) -> Duration {
    life.clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_fetched_anew_well_before_its_end_but_not_at_once() {
        for (life, after) in [(3600, 2880), (600, 480), (300, 240), (200, 140), (100, 50), (60, 30), (0, 5)] {
            assert_eq!(aging(Duration::from_secs(life)), Duration::from_secs(after), "{life} s");
        }
        assert_eq!(aging(Duration::MAX), LONGEST.mul_f64(0.8));
    }
}
