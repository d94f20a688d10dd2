//! Sign-in by an identity provider: where somebody is sent, and what becomes of them when they come back.
//!
//! Whoever comes back is always sent to a page of this hub that is written here; what the provider said goes along as a code of ours.

use super::identities::row;
use crate::hub::Hub;
use crate::identity::{Answer, Browser, Journey, Proven, Provider, Purpose, Refusal, Waiting};
use crate::rights;
use crate::store::{AddedAccount, Linked};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use haubert_model::{Secret, UserId};
use haubert_service::door::{self, Account, Door, OwnFactor, Vouched};
use haubert_service::extract::{Json, Path, Query, Source};
use haubert_service::problem::{Problem, codes};
use haubert_service::session::{Device, Session};
use haubert_service::wire::List;
use haubert_trust::Token;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// Where somebody who signs in comes back to.
const DOORSTEP: &str = "/";
/// Where somebody who links an identity comes back to.
const ACCOUNT: &str = "/account";
/// Most identities of an account.
const MOST: u64 = 10;

/// A provider, as anybody sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityProvider)]
pub(super) struct ProviderView {
    id: String,
    /// What its button says.
    name: String,
}

/// What their list answers.
type ProviderViewList = List<ProviderView>;

impl From<&Provider> for ProviderView {
    fn from(provider: &Provider) -> Self {
        Self { id: provider.id.clone(), name: provider.name.clone() }
    }
}

/// Where the browser is to go.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Departure {
    /// At the provider. Good for one time, for five minutes, for this browser.
    url: String,
}

/// The second factor that is owed after coming back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderCode {
    /// What the page was opened with.
    ceremony: String,
    /// Of the app, or a recovery code.
    #[schema(value_type = String)]
    code: Secret,
}

/// By whom people come in besides this hub: id and name, for the buttons.
#[utoipa::path(get, path = "/session/providers", tag = "session", operation_id = "list_identity_providers", responses((status = 200, body = ProviderViewList)))]
pub(super) async fn list(State(hub): State<Hub>) -> Json<List<ProviderView>> {
    Json(List::whole(hub.providers.iter().map(Into::into).collect()))
}

/// Begins a sign-in by a provider.
#[utoipa::path(post, path = "/session/providers/{provider}/journey", tag = "session", operation_id = "begin_provider_sign_in", params(("provider" = String, Path)), responses((status = 200, body = Departure)))]
pub(super) async fn begin(State(hub): State<Hub>, headers: HeaderMap, Path(provider): Path<String>) -> Result<Response, Problem> {
    let provider = hub.providers.of(&provider).ok_or_else(Problem::not_found)?;
    depart(&hub, provider, &headers, Purpose::SignIn).await
}

/// Sends a browser to a provider.
pub(super) async fn depart(hub: &Hub, provider: &Provider, headers: &HeaderMap, purpose: Purpose) -> Result<Response, Problem> {
    let browser = Browser::of_or_new(headers)?;
    let keep = |nonce, verifier| {
        let journey = Journey { provider: provider.id.clone(), nonce, verifier, purpose };
        hub.journeys.begin(&browser, journey, hub.clock.monotonic_ms())
    };
    let url = provider.send(hub.now(), keep).await?;
    Ok(([(header::SET_COOKIE, browser.cookie()?)], Json(Departure { url: url.into() })).into_response())
}

/// The provider sends somebody back. Answers with a page of this hub, whatever was sent.
#[utoipa::path(get, path = "/session/providers/{provider}/callback", tag = "session", operation_id = "end_provider_sign_in", params(("provider" = String, Path), Answer), responses((status = 303, description = "To a page of this hub")))]
pub(super) async fn callback(
    State(hub): State<Hub>,
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    device: Device,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Query(answer): Query<Answer>,
) -> Result<Response, Problem> {
    let arrival = Arrival { hub: &hub, door: &door, source, device };
    let came = hub.providers.of(&provider).and_then(|provider| {
        let browser = Browser::of(&headers)?;
        let journey = hub.journeys.end(&browser, answer.state.as_deref()?, hub.clock.monotonic_ms())?;
        (journey.provider == provider.id).then_some((provider, browser, journey))
    });
    let Some((provider, browser, journey)) = came else {
        tracing::warn!(reason = Refusal::STATE.0, source = %source.0, "a provider's answer that nobody here asked for");
        return to(DOORSTEP, "refused", Refusal::STATE.0);
    };
    let page = if matches!(journey.purpose, Purpose::Link(_)) { ACCOUNT } else { DOORSTEP };
    let ended = match provider.prove(&journey, &answer, hub.now()).await {
        Ok(proven) => arrival.end(provider, &browser, journey.purpose, proven).await,
        Err(refusal) => Err(Refused(refusal.0.into())),
    };
    ended.or_else(|Refused(why)| {
        tracing::warn!(provider = provider.id, reason = %why, source = %source.0, "sign-in by a provider refused");
        to(page, "refused", &why)
    })
}

/// Gives the second factor that is owed after coming back from a provider.
#[utoipa::path(post, path = "/session/provider-code", tag = "session", operation_id = "give_provider_code", request_body = ProviderCode, responses((status = 200, description = "As after signing in")))]
pub(super) async fn code(
    State(hub): State<Hub>,
    Extension(door): Extension<Arc<Door>>,
    source: Source,
    device: Device,
    headers: HeaderMap,
    Json(body): Json<ProviderCode>,
) -> Result<Response, Problem> {
    let over = || Problem::new(codes::CEREMONY_OVER);
    let browser = Browser::of(&headers).ok_or_else(over)?;
    let taken = hub.journeys.answer(&browser, &body.ceremony, hub.clock.monotonic_ms()).ok_or_else(over)?;
    let Waiting { user, provider, own_factor } = taken.value().clone();
    let account = door.account(user).await?.ok_or_else(|| Problem::new(codes::ACCOUNT_CLOSED))?;
    let vouched = Vouched { account: &account, provider: &provider, own_factor };
    let answer = door.sign_in_vouched(vouched, Some(&body.code), source, device).await;
    if let Err(problem) = &answer
        && [codes::WRONG_CODE.code, codes::SECOND_FACTOR_REQUIRED.code].contains(&&*problem.code)
    {
        hub.journeys.wait_on(&body.ceremony, taken);
    }
    answer
}

/// Why somebody who came back is not let in.
struct Refused(Cow<'static, str>);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem.code)
    }
}

impl From<crate::store::StoreError> for Refused {
    fn from(error: crate::store::StoreError) -> Self {
        Problem::from(error).into()
    }
}

/// Somebody who came back.
struct Arrival<'a> {
    hub: &'a Hub,
    door: &'a Door,
    source: Source,
    device: Device,
}

impl Arrival<'_> {
    async fn end(self, by: &Provider, browser: &Browser, purpose: Purpose, proven: Proven) -> Result<Response, Refused> {
        match purpose {
            Purpose::SignIn => self.sign_in(by, browser, proven).await,
            Purpose::TakeUp { token, name } => self.take_up(by, token, name, proven).await,
            Purpose::Link(session) => self.link(by, session, proven).await,
        }
    }

    /// Nobody is known by anything but what an owner has linked.
    async fn sign_in(self, by: &Provider, browser: &Browser, proven: Proven) -> Result<Response, Refused> {
        let unknown = || Refused("identity_unknown".into());
        let user = self.hub.store.opened_by(&proven.issuer, &proven.subject, self.hub.now()).await?.ok_or_else(unknown)?;
        let account = self.door.account(user).await?.ok_or_else(unknown)?;
        self.check_place(by, user).await?;
        let own_factor = by.own_factor(&proven);
        let vouched = Vouched { account: &account, provider: &by.name, own_factor };
        match self.door.sign_in_vouched(vouched, None, self.source, self.device.clone()).await {
            Ok(answer) => Ok(home(&answer)),
            Err(problem) if problem.code == codes::SECOND_FACTOR_REQUIRED.code => {
                let waiting = Waiting { user, provider: by.name.clone(), own_factor };
                let ceremony = self.hub.journeys.wait(browser, waiting, self.hub.clock.monotonic_ms())?;
                Ok(to(DOORSTEP, "ceremony", ceremony.expose())?)
            }
            Err(problem) => Err(problem.into()),
        }
    }

    /// Whoever belongs to an organisation that is gone, or that the provider does not serve, does not come in by it.
    async fn check_place(&self, by: &Provider, user: UserId) -> Result<(), Refused> {
        let place = self.hub.store.belongs_to(user).await?;
        let (profile, organisation) = place.ok_or_else(|| Refused("identity_unknown".into()))?;
        let id = organisation.as_deref().and_then(|id| id.parse().ok());
        let is_there = match id {
            Some(id) => self.hub.store.has_organisation(id).await?,
            None => false,
        };
        if rights::needs_organisation(&profile) && !is_there {
            return Err(Refused("organisation_gone".into()));
        }
        if by.serves(organisation.as_deref()) { Ok(()) } else { Err(Refused("organisation_not_served".into())) }
    }

    async fn take_up(self, by: &Provider, token: Token, name: String, proven: Proven) -> Result<Response, Refused> {
        let (hub, now) = (self.hub, self.hub.now());
        let not_invited = || Refused("not_invited".into());
        let invitation = hub.store.invitation(token.digest(), now).await?.ok_or_else(not_invited)?;
        if !by.serves(invitation.organisation_id.as_deref()) {
            return Err(Refused("organisation_not_served".into()));
        }
        if by.own_factor(&proven) == OwnFactor::Demand {
            return Err(Refused(codes::PROVIDER_FACTOR_MISSING.code.into()));
        }
        let account = Account {
            id: door::new_user_id()?,
            name,
            profile: invitation.profile,
            password_hash: String::new(),
            password_changed_at: now,
            password_given: false,
            enabled: true,
        };
        let linked = row(hub, account.id, by, proven)?;
        match hub.store.take_up_invitation(token.digest(), &account, invitation.organisation_id, Some(linked), now).await? {
            AddedAccount::Added => {}
            AddedAccount::NotInvited => return Err(not_invited()),
            AddedAccount::NameTaken => return Err(Refused("name_taken".into())),
            AddedAccount::IdentityTaken => return Err(Refused("identity_taken".into())),
        }
        tracing::info!(provider = by.id, user = account.name, source = %self.source.0, "an invitation was taken up by a provider");
        let answer = self.door.begin_by(&account, Some(&by.name), StatusCode::CREATED, self.source, self.device).await?;
        Ok(home(&answer))
    }

    async fn link(self, by: &Provider, session: Session, proven: Proven) -> Result<Response, Refused> {
        if !self.hub.sessions.is_alive(&session).await.map_err(Problem::from)? {
            return Err(Refused(codes::NOT_SIGNED_IN.code.into()));
        }
        self.check_place(by, session.user).await?;
        match self.hub.store.link_identity(row(self.hub, session.user, by, proven)?, MOST).await? {
            Linked::Added => {
                tracing::info!(provider = by.id, user = session.user_name, source = %self.source.0, "an identity was linked");
                Ok(to(ACCOUNT, "linked", &by.id)?)
            }
            Linked::Taken => Err(Refused("identity_taken".into())),
            Linked::TooMany => Err(Refused("too_many_identities".into())),
        }
    }
}

/// To a page of this hub; `value` is a code, a token or an id of ours.
fn to(page: &str, key: &str, value: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(&format!("{page}?{key}={value}"));
    let location = location.map_err(|error| Problem::internal("send somebody on", &error))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// To the first page, with the session that began.
fn home(answer: &Response) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, DOORSTEP)]).into_response();
    for cookie in answer.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}
