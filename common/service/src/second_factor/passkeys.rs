//! Passkeys (WebAuthn): made on a page of someone signed in, used at the door without a name.
//!
//! They are discoverable: the browser offers those it has for this host name, so the door answers everybody alike and tells
//! nobody who has an account. User verification is demanded, so a passkey is two factors in one.

use super::SecondFactors;
use super::codes::{draw_recovery, texts};
use super::site::Site;
use super::store::StoredPasskey;
use crate::problem::{Problem, codes};
use haubert_model::UserId;
use serde::Serialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Uuid, Webauthn,
};

/// Passkeys of one account.
const PASSKEYS: usize = 16;

/// A passkey being made.
pub(super) struct Registering {
    webauthn: Webauthn,
    state: PasskeyRegistration,
    host: String,
    name: String,
}

/// A sign-in with a passkey under way.
pub(super) struct Authenticating {
    webauthn: Webauthn,
    state: DiscoverableAuthentication,
    host: String,
}

/// What the browser needs for a ceremony.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PasskeyCeremony {
    /// Name of this ceremony, to be given back with the browser's answer within five minutes.
    ceremony: String,
    /// The dictionary for `navigator.credentials`, binary members in base64url (WebAuthn level 3, section 5.1.10).
    #[schema(value_type = Object)]
    options: Value,
}

fn options(answer: &impl Serialize) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(answer).map_err(|error| Problem::internal("write a challenge", &error))?;
    Ok(value.get_mut("publicKey").map(Value::take).unwrap_or_default())
}

impl SecondFactors {
    /// Begins to make a passkey called `name` for `user`.
    pub(super) async fn begin_passkey(
        &self,
        user: UserId,
        user_name: &str,
        name: &str,
        site: &Site,
    ) -> Result<PasskeyCeremony, Problem> {
        let webauthn = site.webauthn(self.product)?;
        let host = site.name().unwrap_or_default().to_owned();
        let name = checked_name(name)?;
        let (factors, _) = self.vault.load(user).await?;
        if factors.passkeys.len() >= PASSKEYS {
            return Err(Problem::invalid("name", "too_many", format!("an account has at most {PASSKEYS} passkeys")));
        }
        let here = factors.passkeys.iter().filter(|passkey| passkey.host == host);
        let known = here.map(|passkey| passkey.key.cred_id().clone()).collect();
        let (challenge, state) = webauthn
            .start_passkey_registration(user.0, user_name, user_name, Some(known))
            .map_err(|error| Problem::internal("begin to make a passkey", &error))?;
        let mut options = options(&challenge)?;
        if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), json!("required"));
            selection.insert("requireResidentKey".to_owned(), json!(true));
        }
        let pending = Registering { webauthn, state, host, name };
        let ceremony = self.registrations.begin(&user.to_string(), pending, self.clock.monotonic_ms())?;
        Ok(PasskeyCeremony { ceremony: ceremony.expose().to_owned(), options })
    }

    /// Keeps the passkey that the browser made; gives recovery codes when there were none.
    pub(super) async fn finish_passkey(
        &self,
        user: UserId,
        ceremony: &str,
        answer: Value,
    ) -> Result<Option<Vec<String>>, Problem> {
        let pending = self.registrations.take(&user.to_string(), ceremony, self.clock.monotonic_ms());
        let Registering { webauthn, state, host, name } = pending.ok_or_else(Self::ceremony_over)?.into_value();
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let key = webauthn.finish_passkey_registration(&answer, &state).map_err(|error| refused(&error))?;
        let (id, created_ms) = (new_id()?, self.clock.now().as_millis());
        let passkey = StoredPasskey { id, name, host, created_ms, used_ms: None, key };
        let fresh = draw_recovery()?;
        let given = self
            .vault
            .change(user, |factors| {
                if factors.passkeys.len() >= PASSKEYS || factors.passkeys.iter().any(|known| known.key == passkey.key) {
                    return Err(Problem::new(codes::CONFLICT));
                }
                factors.passkeys.push(passkey.clone());
                Ok(factors.give_recovery(&fresh))
            })
            .await?;
        Ok(given.then(|| texts(&fresh)))
    }

    /// Calls a passkey by another name.
    pub(super) async fn rename_passkey(&self, user: UserId, id: Uuid, name: &str) -> Result<(), Problem> {
        let name = checked_name(name)?;
        self.vault
            .change(user, |factors| {
                let passkey = factors.passkeys.iter_mut().find(|passkey| passkey.id == id);
                passkey.ok_or_else(Problem::not_found)?.name.clone_from(&name);
                Ok(())
            })
            .await
    }

    /// Takes a passkey from its account.
    pub(super) async fn remove_passkey(&self, user: UserId, id: Uuid) -> Result<(), Problem> {
        self.vault
            .change(user, |factors| {
                let before = factors.passkeys.len();
                factors.passkeys.retain(|passkey| passkey.id != id);
                if factors.passkeys.len() == before { Err(Problem::not_found()) } else { Ok(()) }
            })
            .await
    }

    /// Begins a sign-in with a passkey, for whoever asks from `source`.
    pub(super) fn begin_sign_in(&self, source: &str, site: &Site) -> Result<PasskeyCeremony, Problem> {
        let webauthn = site.webauthn(self.product)?;
        let host = site.name().unwrap_or_default().to_owned();
        let (challenge, state) = webauthn
            .start_discoverable_authentication()
            .map_err(|error| Problem::internal("begin a sign-in with a passkey", &error))?;
        let options = options(&challenge)?;
        let pending = Authenticating { webauthn, state, host };
        let ceremony = self.authentications.begin(source, pending, self.clock.monotonic_ms())?;
        Ok(PasskeyCeremony { ceremony: ceremony.expose().to_owned(), options })
    }

    /// Whose passkey the browser says it used: a claim, which [`Self::finish_sign_in`] checks.
    pub(super) fn claimed_user(answer: &Value) -> Option<UserId> {
        let answer: PublicKeyCredential = serde_json::from_value(answer.clone()).ok()?;
        Uuid::from_slice(answer.get_user_unique_id()?).ok().map(UserId)
    }

    /// Whether the browser's answer proves the passkey of `user`. The ceremony is over either way.
    pub(super) async fn finish_sign_in(&self, user: UserId, source: &str, ceremony: &str, answer: Value) -> Result<(), Problem> {
        let pending = self.authentications.take(source, ceremony, self.clock.monotonic_ms());
        let Authenticating { webauthn, state, host } = pending.ok_or_else(Self::ceremony_over)?.into_value();
        let answer: PublicKeyCredential = read(answer)?;
        let (factors, _) = self.vault.load(user).await?;
        let mut here = factors.passkeys.iter().filter(|passkey| passkey.host == host);
        let used = here.find(|passkey| passkey.key.cred_id().as_slice() == answer.get_credential_id());
        let used = used.ok_or_else(|| Problem::new(codes::PASSKEY_REFUSED))?;
        let result =
            webauthn.finish_discoverable_authentication_v2(&answer, state, &used.key).map_err(|error| refused(&error))?;
        if !result.user_verified() {
            return Err(Problem::new(codes::PASSKEY_REFUSED));
        }
        let now_ms = self.clock.now().as_millis();
        self.vault
            .change(user, |factors| {
                // Removed in the meantime: it opens nothing any more.
                let kept = factors.passkeys.iter_mut().find(|passkey| passkey.id == used.id);
                let kept = kept.ok_or_else(|| Problem::new(codes::PASSKEY_REFUSED))?;
                kept.key.update_credential(&result);
                kept.used_ms = Some(now_ms);
                Ok(())
            })
            .await
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, Problem> {
    serde_json::from_value(answer).map_err(|error| Problem::invalid("credential", "not_valid", error))
}

fn refused(error: &webauthn_rs::prelude::WebauthnError) -> Problem {
    tracing::warn!(%error, "passkey refused");
    Problem::new(codes::PASSKEY_REFUSED)
}

fn new_id() -> Result<Uuid, Problem> {
    let bytes = haubert_trust::random_bytes::<16>().map_err(|error| Problem::internal("draw an id", &error))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Problem::invalid("name", "required", "give a name")),
        1..=64 if !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => Err(Problem::invalid("name", "not_valid", "at most 64 characters, none of them a control character")),
    }
}
