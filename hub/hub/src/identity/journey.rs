//! People on their way to a provider and back. Each way is bound to the browser that began, known by a cookie of its own: the session's
//! cookie does not come along when another site sends somebody here.

use haubert_model::UserId;
use haubert_service::door::OwnFactor;
use haubert_service::pending::{LIFE_MS, Pending, Taken};
use haubert_service::problem::Problem;
use haubert_service::session::{COOKIE_PREFIX, Session};
use haubert_trust::Token;
use http::{HeaderMap, HeaderValue, header};
use openidconnect::{Nonce, PkceCodeVerifier};

/// The browser's cookie.
const COOKIE: &str = "haubert-hub-journey";

/// What somebody wants from a provider.
pub(crate) enum Purpose {
    /// Come in.
    SignIn,
    /// Take up an invitation, under this name.
    TakeUp {
        /// What opens the invitation.
        token: Token,
        /// The name of the account to be made.
        name: String,
    },
    /// Have the identity open the account of this session.
    Link(Session),
}

/// Somebody on the way.
pub(crate) struct Journey {
    /// To which provider.
    pub(crate) provider: String,
    /// What the token must repeat.
    pub(crate) nonce: Nonce,
    /// What proves that the code is ours.
    pub(crate) verifier: PkceCodeVerifier,
    /// What for.
    pub(crate) purpose: Purpose,
}

/// Somebody who came back and owes a second factor.
#[derive(Clone)]
pub(crate) struct Waiting {
    /// Whose account it is.
    pub(crate) user: UserId,
    /// The name of the provider.
    pub(crate) provider: String,
    /// What is asked.
    pub(crate) own_factor: OwnFactor,
}

/// Everybody on the way.
#[derive(Default)]
pub(crate) struct Journeys {
    under_way: Pending<Journey>,
    waiting: Pending<Waiting>,
}

/// A browser, known by its cookie.
pub(crate) struct Browser(Token);

impl Browser {
    /// The browser of a request, if it has begun anything.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let name = format!("{COOKIE_PREFIX}{COOKIE}");
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(of, _)| *of == name).and_then(|(_, value)| Token::parse(value)).map(Self)
    }

    /// The browser of a request, or a new one.
    pub(crate) fn of_or_new(headers: &HeaderMap) -> Result<Self, Problem> {
        match Self::of(headers) {
            Some(known) => Ok(known),
            None => Token::random().map(Self).map_err(|error| Problem::internal("know a browser again", &error)),
        }
    }

    /// Value of `Set-Cookie`. `Lax`, since it has to come along when the provider sends somebody back.
    pub(crate) fn cookie(&self) -> Result<HeaderValue, Problem> {
        let age = LIFE_MS / 1000;
        let text = format!("{COOKIE_PREFIX}{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}", self.0.expose());
        HeaderValue::from_str(&text).map_err(|error| Problem::internal("write a cookie", &error))
    }

    fn owner(&self) -> String {
        self.0.digest().to_hex()
    }
}

impl Journeys {
    /// Somebody goes; gives the `state` to come back with.
    pub(crate) fn begin(&self, browser: &Browser, journey: Journey, now_ms: u64) -> Result<Token, Problem> {
        self.under_way.begin(&browser.owner(), journey, now_ms)
    }

    /// Somebody comes back, once, in time, with the browser that went.
    pub(crate) fn end(&self, browser: &Browser, state: &str, now_ms: u64) -> Option<Journey> {
        self.under_way.take(&browser.owner(), state, now_ms).map(Taken::into_value)
    }

    /// Somebody owes a second factor; gives the name to answer to.
    pub(crate) fn wait(&self, browser: &Browser, waiting: Waiting, now_ms: u64) -> Result<Token, Problem> {
        self.waiting.begin(&browser.owner(), waiting, now_ms)
    }

    /// Who answers to this name.
    pub(crate) fn answer(&self, browser: &Browser, name: &str, now_ms: u64) -> Option<Taken<Waiting>> {
        self.waiting.take(&browser.owner(), name, now_ms)
    }

    /// The answer was wrong: another may come.
    pub(crate) fn wait_on(&self, name: &str, taken: Taken<Waiting>) {
        self.waiting.put_back(name, taken);
    }
}
