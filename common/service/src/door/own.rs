//! One's own account: what it is, its password, its sessions.

use super::{Account, Door, Happening, NewPassword};
use crate::extract::{Json, Path, Source};
use crate::problem::{Problem, codes};
use crate::session::{Device, Session, SessionEntry, Standing};
use crate::wire::{List, Time};
use axum::Extension;
use axum::response::Response;
use haubert_model::{Secret, UserId};
use haubert_trust::{PasswordFault, PasswordPolicy};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The account that asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct OwnAccount {
    #[schema(value_type = String)]
    id: UserId,
    /// Its name.
    user: String,
    /// Its profile.
    profile: String,
    /// What it may do now.
    standing: Standing,
    /// When its password was set.
    password_changed_at: Time,
    /// When it must be changed, where that is asked.
    #[schema(required)]
    password_expires_at: Option<Time>,
    /// Whether somebody else set it.
    password_given: bool,
    /// What a new one must be.
    password_rules: PasswordPolicy,
}

/// The present password and the one to take its place.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    /// The present one.
    #[schema(value_type = String)]
    old: Secret,
    /// The new one.
    #[schema(value_type = String)]
    new: Secret,
}

impl Door {
    async fn own_account(&self, session: &Session) -> Result<OwnAccount, Problem> {
        let account = self.parts.accounts.find_by_id(session.user).await?.ok_or_else(Problem::not_found)?;
        let policy = self.policy();
        Ok(OwnAccount {
            id: account.id,
            standing: account.standing(&policy, self.parts.clock.now()),
            user: account.name,
            profile: account.profile,
            password_changed_at: Time(account.password_changed_at),
            password_expires_at: policy.expires_at(account.password_changed_at).map(Time),
            password_given: account.password_given,
            password_rules: policy,
        })
    }

    async fn change_password(
        &self,
        session: &Session,
        ask: PasswordChange,
        source: Source,
        device: Device,
    ) -> Result<Response, Problem> {
        let account = self.confirm_password(session, "old", ask.old, source).await?;
        let (policy, now) = (self.policy(), self.parts.clock.now());
        let refused = |fault: PasswordFault| Problem::invalid("new", fault.code(), fault.message(&policy));
        if !account.password_given && policy.is_too_recent(account.password_changed_at, now) {
            return Err(refused(PasswordFault::TooRecent));
        }
        let hash = self.hash_new("new", &account.name, ask.new.clone()).await?;
        if self.was_used(&account, ask.new, policy.history).await? {
            return Err(refused(PasswordFault::UsedBefore));
        }
        let password = NewPassword { hash, at: now, given: false, keep: policy.history };
        self.parts.accounts.set_password(account.id, password).await?;
        // Whoever came in with the old password goes; the one who changed it goes on with a session of its own.
        self.parts.sessions.end_all_of(account.id).await?;
        self.tell(Happening::PasswordChanged, Some(&account), source);
        let account = Account { password_changed_at: now, password_given: false, ..account };
        self.begin(&account, StatusCode::OK, source, device).await
    }

    /// Whether it is the present password, or one of the last that the policy looks at.
    async fn was_used(&self, account: &Account, password: Secret, history: u32) -> Result<bool, Problem> {
        let former = self.parts.accounts.former_passwords(account.id, history).await?;
        for hash in account.password().into_iter().chain(former) {
            if self.passwords.verify(password.clone(), Some(hash)).await {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn end_own(&self, session: &Session, id: Option<&str>, source: Source) -> Result<usize, Problem> {
        let own = session.id();
        let chosen = |of: &str| id.map_or(of != own, |id| of == id);
        let ended = self.parts.sessions.end_where(|record, of| record.user == session.user && chosen(of)).await?;
        let account = self.parts.accounts.find_by_id(session.user).await?;
        self.tell(Happening::SessionsEnded(ended), account.as_ref(), source);
        Ok(ended)
    }
}

#[utoipa::path(get, path = "/account", tag = "session", responses((status = 200, body = OwnAccount)))]
pub(super) async fn get_account(Extension(door): Extension<Arc<Door>>, session: Session) -> Result<Json<OwnAccount>, Problem> {
    Ok(Json(door.own_account(&session).await?))
}

/// What their list answers.
type SessionEntryList = List<SessionEntry>;

/// Sets one's own password: the other sessions of the account end, this one goes on under another cookie.
#[utoipa::path(put, path = "/account/password", tag = "session", request_body = PasswordChange,
    responses((status = 200, body = super::routes::SessionView)))]
pub(super) async fn put_password(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    device: Device,
    Json(ask): Json<PasswordChange>,
) -> Result<Response, Problem> {
    door.change_password(&session, ask, source, device).await
}

/// One's own sessions.
#[utoipa::path(get, path = "/account/sessions", tag = "session", responses((status = 200, body = SessionEntryList)))]
pub(super) async fn get_sessions(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
) -> Result<Json<List<SessionEntry>>, Problem> {
    let all = door.parts.sessions.list(&session).await?;
    Ok(Json(List::whole(all.into_iter().filter(|entry| entry.user_id == session.user).collect())))
}

/// Ends all of one's own sessions but this.
#[utoipa::path(delete, path = "/account/sessions", tag = "session", responses((status = 204)))]
pub(super) async fn delete_sessions(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
) -> Result<StatusCode, Problem> {
    door.end_own(&session, None, source).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/account/sessions/{id}", tag = "session", operation_id = "delete_own_session", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn delete_session(
    Extension(door): Extension<Arc<Door>>,
    session: Session,
    source: Source,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    match door.end_own(&session, Some(&id), source).await? {
        0 => Err(Problem::new(codes::NOT_FOUND)),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
