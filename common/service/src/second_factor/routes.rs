//! The routes of second factors: one's own, those of the door, those of who keeps the accounts.

use super::codes::TotpOffer;
use super::passkeys::PasskeyCeremony;
use super::site::Site;
use super::store::Factors;
use super::{FactorChange, SecondFactors};
use crate::api::Api;
use crate::door::{Door, SessionView};
use crate::extract::{Json, Path, Source};
use crate::guard::Access;
use crate::permission::Permission;
use crate::problem::Problem;
use crate::routes;
use crate::session::{Device, Session};
use crate::wire::{List, Time};
use axum::Extension;
use axum::response::Response;
use haubert_model::{Secret, Timestamp, UserId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use webauthn_rs::prelude::Uuid;

/// One's own second factors.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SecondFactorsView {
    /// The app that makes codes, when there is one.
    totp: Option<TotpView>,
    passkeys: Vec<PasskeyView>,
    /// Recovery codes that were not used yet.
    recovery_codes_left: usize,
    /// Host under which this program was asked.
    host: String,
    /// Whether a passkey can be made and used here: under a host name, not under an IP address.
    passkeys_work_here: bool,
}

/// An app that makes codes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TotpView {
    since: Time,
}

/// A passkey.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Passkey)]
struct PasskeyView {
    #[schema(value_type = String)]
    id: Uuid,
    /// What its owner calls it.
    name: String,
    /// Host name under which it works.
    host: String,
    created_at: Time,
    last_used_at: Option<Time>,
}

/// What an account has, without what it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AccountFactors {
    user_id: UserId,
    /// Whether an app makes codes for it.
    totp: bool,
    /// How many passkeys it has.
    passkeys: usize,
    recovery_codes_left: usize,
}

/// The password again, before something that a stolen session must not do.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordAgain {
    #[schema(value_type = String)]
    password: Secret,
}

/// A code of the app that was offered a secret.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TotpConfirmation {
    ceremony: String,
    #[schema(value_type = String)]
    code: Secret,
}

/// A passkey to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyWish {
    #[schema(value_type = String)]
    password: Secret,
    /// What to call it, 1 to 64 characters.
    name: String,
}

/// Another name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyName {
    /// 1 to 64 characters.
    name: String,
}

/// What the browser answered in a ceremony.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyAnswer {
    ceremony: String,
    /// The public key credential, binary members in base64url.
    #[schema(value_type = Object)]
    credential: Value,
}

/// A factor was added.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FactorAdded {
    /// Recovery codes, when there were none before. Shown this once.
    recovery_codes: Option<Vec<String>>,
}

/// New recovery codes. Shown this once; those before are worth nothing any more.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

impl SecondFactors {
    async fn view(&self, user: UserId, site: &Site) -> Result<SecondFactorsView, Problem> {
        let (Factors { totp, recovery, passkeys }, _) = self.vault.load(user).await?;
        let passkeys = passkeys.into_iter().map(|passkey| PasskeyView {
            created_at: Time(passkey.created_at()),
            last_used_at: passkey.used_at().map(Time),
            id: passkey.id,
            name: passkey.name,
            host: passkey.host,
        });
        Ok(SecondFactorsView {
            totp: totp.map(|totp| TotpView { since: Time(Timestamp(totp.since_ms)) }),
            passkeys: passkeys.collect(),
            recovery_codes_left: recovery.len(),
            host: site.host().unwrap_or_default().to_owned(),
            passkeys_work_here: site.name().is_some(),
        })
    }

    async fn of_all(&self) -> Result<Vec<AccountFactors>, Problem> {
        let all = self.vault.load_all().await?;
        let view = |(user_id, factors): (UserId, Factors)| AccountFactors {
            user_id,
            totp: factors.totp.is_some(),
            passkeys: factors.passkeys.len(),
            recovery_codes_left: factors.recovery.len(),
        };
        Ok(all.into_iter().filter(|(_, factors)| factors.any()).map(view).collect())
    }
}

type Doorway = Extension<Arc<Door>>;

#[utoipa::path(get, path = "/account/second-factors", tag = "account", responses((status = 200, body = SecondFactorsView)))]
async fn get_second_factors(Extension(door): Doorway, session: Session, site: Site) -> Result<Json<SecondFactorsView>, Problem> {
    door.factors().view(session.user, &site).await.map(Json)
}

/// What their list answers.
type AccountFactorsList = List<AccountFactors>;

/// Offers a secret for an app. Nothing changes before it is confirmed.
#[utoipa::path(post, path = "/account/totp", tag = "account", request_body = PasswordAgain, responses((status = 200, body = TotpOffer)))]
async fn post_totp(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    Json(ask): Json<PasswordAgain>,
) -> Result<Json<TotpOffer>, Problem> {
    door.confirm_own_password(&session, ask.password, source).await?;
    door.factors().offer_totp(session.user, &session.user_name).map(Json)
}

/// Codes of the app are asked for from now on; the account's other sessions end.
#[utoipa::path(post, path = "/account/totp/confirmation", tag = "account", request_body = TotpConfirmation, responses((status = 200, body = FactorAdded)))]
async fn post_totp_confirmation(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    Json(ask): Json<TotpConfirmation>,
) -> Result<Json<FactorAdded>, Problem> {
    let recovery_codes = door.factors().confirm_totp(session.user, &ask.ceremony, &ask.code).await?;
    door.factors_changed(&session, source, FactorChange::TotpAdded).await?;
    Ok(Json(FactorAdded { recovery_codes }))
}

#[utoipa::path(post, path = "/account/totp/removal", tag = "account", request_body = PasswordAgain, responses((status = 204)))]
async fn post_totp_removal(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    Json(ask): Json<PasswordAgain>,
) -> Result<StatusCode, Problem> {
    door.confirm_own_password(&session, ask.password, source).await?;
    door.factors().remove_totp(session.user).await?;
    door.factors_changed(&session, source, FactorChange::TotpRemoved).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins to make a passkey.
#[utoipa::path(post, path = "/account/passkeys/options", tag = "account", request_body = PasskeyWish, responses((status = 200, body = PasskeyCeremony)))]
async fn post_passkey_options(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    site: Site,
    Json(ask): Json<PasskeyWish>,
) -> Result<Json<PasskeyCeremony>, Problem> {
    door.confirm_own_password(&session, ask.password, source).await?;
    door.factors().begin_passkey(session.user, &session.user_name, &ask.name, &site).await.map(Json)
}

/// Keeps the passkey that the browser made; the account's other sessions end.
#[utoipa::path(post, path = "/account/passkeys", tag = "account", request_body = PasskeyAnswer, responses((status = 201, body = FactorAdded)))]
async fn post_passkey(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    Json(ask): Json<PasskeyAnswer>,
) -> Result<(StatusCode, Json<FactorAdded>), Problem> {
    let recovery_codes = door.factors().finish_passkey(session.user, &ask.ceremony, ask.credential).await?;
    door.factors_changed(&session, source, FactorChange::PasskeyAdded).await?;
    Ok((StatusCode::CREATED, Json(FactorAdded { recovery_codes })))
}

#[utoipa::path(put, path = "/account/passkeys/{id}", tag = "account", params(("id" = String, Path)), request_body = PasskeyName, responses((status = 204)))]
async fn put_passkey(
    Extension(door): Doorway,
    session: Session,
    Path(id): Path<Uuid>,
    Json(ask): Json<PasskeyName>,
) -> Result<StatusCode, Problem> {
    door.factors().rename_passkey(session.user, id, &ask.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/account/passkeys/{id}/removal", tag = "account", params(("id" = String, Path)), request_body = PasswordAgain, responses((status = 204)))]
async fn post_passkey_removal(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    Path(id): Path<Uuid>,
    Json(ask): Json<PasswordAgain>,
) -> Result<StatusCode, Problem> {
    door.confirm_own_password(&session, ask.password, source).await?;
    door.factors().remove_passkey(session.user, id).await?;
    door.factors_changed(&session, source, FactorChange::PasskeyRemoved).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/account/recovery-codes", tag = "account", request_body = PasswordAgain, responses((status = 200, body = RecoveryCodes)))]
async fn post_recovery_codes(
    Extension(door): Doorway,
    session: Session,
    source: Source,
    Json(ask): Json<PasswordAgain>,
) -> Result<Json<RecoveryCodes>, Problem> {
    door.confirm_own_password(&session, ask.password, source).await?;
    let recovery_codes = door.factors().renew_recovery(session.user).await?;
    door.factors_changed(&session, source, FactorChange::RecoveryRenewed).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Begins a sign-in with a passkey. The answer is the same for everybody.
#[utoipa::path(post, path = "/session/passkey/options", tag = "session", responses((status = 200, body = PasskeyCeremony)))]
async fn post_session_passkey_options(
    Extension(door): Doorway,
    source: Source,
    site: Site,
) -> Result<Json<PasskeyCeremony>, Problem> {
    door.factors().begin_sign_in(&source.0.to_string(), &site).map(Json)
}

/// Signs in with the passkey of whoever has it.
#[utoipa::path(post, path = "/session/passkey", tag = "session", request_body = PasskeyAnswer, responses((status = 200, body = SessionView)))]
async fn post_session_passkey(
    Extension(door): Doorway,
    source: Source,
    device: Device,
    Json(ask): Json<PasskeyAnswer>,
) -> Result<Response, Problem> {
    door.sign_in_with_passkey(&ask.ceremony, ask.credential, source, device).await
}

/// Which accounts have second factors; those that are not listed have none.
#[utoipa::path(get, path = "/second-factors", tag = "accounts", responses((status = 200, body = AccountFactorsList)))]
async fn list_second_factors(Extension(door): Doorway) -> Result<Json<List<AccountFactors>>, Problem> {
    Ok(Json(List { items: door.factors().of_all().await?, next_cursor: None }))
}

/// Takes the second factors from an account whose owner lost them; its sessions end.
#[utoipa::path(delete, path = "/accounts/{id}/second-factors", tag = "accounts", params(("id" = String, Path)), responses((status = 204)))]
async fn delete_second_factors(Extension(door): Doorway, source: Source, Path(id): Path<UserId>) -> Result<StatusCode, Problem> {
    door.take_factors(id, source).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own, and those of the door.
pub(crate) fn own<S: Clone + Send + Sync + 'static, A: Api<S>>(api: A) -> A {
    api.routes(Access::Own, routes!(get_second_factors))
        .routes(Access::OwnSettled, routes!(post_totp))
        .routes(Access::OwnSettled, routes!(post_totp_confirmation))
        .routes(Access::OwnSettled, routes!(post_totp_removal))
        .routes(Access::OwnSettled, routes!(post_passkey_options))
        .routes(Access::OwnSettled, routes!(post_passkey))
        .routes(Access::OwnSettled, routes!(put_passkey))
        .routes(Access::OwnSettled, routes!(post_passkey_removal))
        .routes(Access::OwnSettled, routes!(post_recovery_codes))
        .routes(Access::Public, routes!(post_session_passkey_options))
        .routes(Access::Public, routes!(post_session_passkey))
}

/// For who keeps the accounts.
pub(crate) fn keeper<S: Clone + Send + Sync + 'static, A: Api<S>>(api: A, view: Permission, change: Permission) -> A {
    api.routes(Access::May(view), routes!(list_second_factors)).routes(Access::May(change), routes!(delete_second_factors))
}
