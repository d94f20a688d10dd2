//! Mail: settings, how it stands, what waits and what went, and a try.

use super::may;
use super::outlets::{OutletFailure, OutletState, OutletTrial};
use crate::app::{App, Shared};
use crate::outlets::mail::{self, Language, MailSettings, Queued, test};
use crate::policy::Service;
use crate::rights;
use axum::extract::State;
use haubert_model::Secret;
use haubert_service::api::Api;
use haubert_service::extract::{Json, Path, Query};
use haubert_service::problem::Problem;
use haubert_service::routes;
use haubert_service::wire::{List, Time};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What the list of letters answers.
type Letters = List<Queued>;

pub(super) fn routes<A: Api<Shared>>(api: A) -> A {
    api.routes(may(rights::OUTLETS_VIEW), routes!(get_mail))
        .routes(may(rights::OUTLETS_VIEW), routes!(list_letters))
        .routes(may(rights::OUTLETS_CHANGE), routes!(put_mail))
        .routes(may(rights::OUTLETS_RUN), routes!(test_mail))
        .routes(may(rights::OUTLETS_RUN), routes!(take_letter_back))
}

/// Letters that wait.
#[derive(Debug, Serialize, ToSchema)]
struct MailBacklog {
    letters: u64,
    #[schema(required)]
    oldest_at: Option<Time>,
}

/// What went since the start.
#[derive(Debug, Serialize, ToSchema)]
struct MailCounters {
    conversations: u64,
    sent: u64,
    /// Refused for good, too old, or too many.
    given_up: u64,
}

/// Mail.
#[derive(Debug, Serialize, ToSchema)]
struct Mail {
    settings: MailSettings,
    /// Whether there is a password; it is never given out.
    password_set: bool,
    state: OutletState,
    /// Whether the security policy allows it.
    allowed: bool,
    #[schema(required)]
    sent_at: Option<Time>,
    /// `name_unknown`, `connection_failed`, `no_answer`, `peer_…`, `tls_failed`, `tls_settings`, `starttls_…`, `greeting_refused`,
    /// `login_…`, `sender_refused`, `recipient_refused`, `message_refused`, `connection_ended`, `answer_not_understood`, `store_failed`.
    #[schema(required)]
    failure: Option<OutletFailure>,
    backlog: MailBacklog,
    counters: MailCounters,
}

/// Settings to put in force, or to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailChange {
    settings: MailSettings,
    /// A new password; an empty one for none. Absent: the one in force, for the same server and user.
    #[serde(default)]
    password: Option<Secret>,
}

/// Settings to try, and who is to get the letter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailTest {
    settings: MailSettings,
    #[serde(default)]
    password: Option<Secret>,
    /// Address.
    to: String,
    language: Language,
}

async fn view(app: &App) -> Result<Mail, Problem> {
    let (account, standing, queue) = (app.mail.account(), app.mail.standing(), app.mail.queue().await?);
    let counted = standing.counted;
    Ok(Mail {
        settings: account.settings.clone(),
        password_set: account.password.is_some(),
        state: standing.phase.into(),
        allowed: app.policy.allows(Service::Mail),
        sent_at: standing.sent_at.map(Time),
        failure: standing.failure.map(OutletFailure::from),
        backlog: MailBacklog { letters: queue.waiting, oldest_at: queue.oldest_at.map(Time) },
        counters: MailCounters { conversations: counted.conversations, sent: counted.sent, given_up: counted.given_up },
    })
}

#[utoipa::path(get, path = "/outlets/mail", tag = "outlets", responses((status = 200, body = Mail)))]
async fn get_mail(State(app): State<Shared>) -> Result<Json<Mail>, Problem> {
    Ok(Json(view(&app).await?))
}

#[utoipa::path(put, path = "/outlets/mail", tag = "outlets", request_body = MailChange, responses((status = 200, body = Mail)))]
async fn put_mail(State(app): State<Shared>, Json(change): Json<MailChange>) -> Result<Json<Mail>, Problem> {
    let account = app.mail.account().drafted(change.settings, change.password)?;
    if account.settings.enabled {
        app.require(Service::Mail)?;
    }
    app.mail.change(account).await?;
    Ok(Json(view(&app).await?))
}

/// Sends one letter to `to` as these settings say; what is in force stays as it is.
#[utoipa::path(post, path = "/outlets/mail/test", tag = "outlets", request_body = MailTest, responses((status = 200, body = OutletTrial)))]
async fn test_mail(State(app): State<Shared>, Json(trial): Json<MailTest>) -> Result<Json<OutletTrial>, Problem> {
    app.require(Service::Mail)?;
    app.outlets()?;
    // A server must be named, whether or not it is to be used already.
    let settings = MailSettings { enabled: true, ..trial.settings };
    let account = app.mail.account().drafted(settings, trial.password)?;
    let to = haubert_mail::address(&trial.to)
        .map_err(|_| Problem::invalid("to", "not_valid", "an address such as name@plant.example"))?;
    Ok(Json(test(&app.mail, &account, &to, trial.language).await.into()))
}

/// Which letters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Letters of a page, 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<i64>,
}

/// Letters that wait, went or never will, newest first.
#[utoipa::path(get, path = "/outlets/mail/letters", tag = "outlets", params(Ask), responses((status = 200, body = Letters)))]
async fn list_letters(State(app): State<Shared>, Query(ask): Query<Ask>) -> Result<Json<Letters>, Problem> {
    let limit = ask.limit.unwrap_or(50).clamp(1, 200);
    let items = app.read(move |tx| mail::list(tx, ask.cursor, limit)).await?;
    let full = items.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = items.last().filter(|_| full).map(|letter| letter.id.to_string());
    Ok(Json(List { items, next_cursor }))
}

/// A letter that waits does not go.
#[utoipa::path(delete, path = "/outlets/mail/letters/{id}", tag = "outlets", responses((status = 204)))]
async fn take_letter_back(State(app): State<Shared>, Path(id): Path<i64>) -> Result<StatusCode, Problem> {
    let now = app.clock.now();
    app.db.note(move |tx| mail::remove(tx, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
