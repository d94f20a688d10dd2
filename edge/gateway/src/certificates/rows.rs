//! Identities, requests, authorities and revocation lists in the encrypted configuration store: private keys are nowhere else.

use super::state::{Alarms, Anchor, Kept, List, Origin, Pending, Slots, State, TrustStore};
use super::uses::{IdentityUse, TrustUse};
use crate::store::{StoreError, settings};
use haubert_model::{Secret, Timestamp};
use haubert_trust::{CertificateInfo, Fingerprint, Identity, KeyPem, Revocation};
use rusqlite::{OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the settings in the store.
const SETTINGS: &str = "certificates";
/// Name of what has been told, a note of the machine's own.
const TOLD: &str = "certificates_told";

const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    alarms: Alarms,
    /// Uses for which revocation lists are demanded.
    revocation_required: Vec<TrustUse>,
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

fn info(pem: &str) -> Result<CertificateInfo, StoreError> {
    CertificateInfo::from_pem(pem).map_err(|error| StoreError::Corrupt(format!("certificate: {error}")))
}

pub(super) fn load(tx: &Transaction<'_>) -> Result<State, StoreError> {
    let settings: Settings = settings::get(tx, SETTINGS)?.unwrap_or_default();
    let mut identities: BTreeMap<IdentityUse, Slots> = BTreeMap::new();
    for each in IdentityUse::ALL {
        let slots =
            Slots { current: slot(tx, *each, CURRENT)?, previous: slot(tx, *each, PREVIOUS)?, pending: pending(tx, *each)? };
        identities.insert(*each, slots);
    }
    let mut trust = BTreeMap::new();
    for each in TrustUse::ALL {
        let revocation = match settings.revocation_required.contains(each) {
            true => Revocation::Required,
            false => Revocation::WhereGiven,
        };
        trust.insert(*each, TrustStore { anchors: anchors(tx, *each)?, lists: lists(tx, *each)?, revocation });
    }
    Ok(State { identities, trust, alarms: settings.alarms })
}

fn slot(tx: &Transaction<'_>, of: IdentityUse, slot: &str) -> Result<Option<Kept>, StoreError> {
    let sql = "select key_pem, chain_pem, origin, since from tls_identity where purpose = ?1 and slot = ?2";
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
    };
    let found = tx.query_row(sql, params![of.code(), slot], row).optional()?;
    found
        .map(|(key, chain_pem, origin, since)| {
            Ok(Kept {
                info: info(&chain_pem)?,
                identity: Identity { key: KeyPem::from_secret(Secret::new(key)), chain_pem },
                origin: Origin::from_code(&origin).ok_or_else(|| corrupt("origin of an identity"))?,
                since: Timestamp(since),
            })
        })
        .transpose()
}

fn pending(tx: &Transaction<'_>, of: IdentityUse) -> Result<Option<Pending>, StoreError> {
    let sql = "select key_pem, csr_pem, made_at from tls_request where purpose = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Pending { key: KeyPem::from_secret(Secret::new(row.get(0)?)), csr_pem: row.get(1)?, made_at: Timestamp(row.get(2)?) })
    };
    Ok(tx.query_row(sql, [of.code()], row).optional()?)
}

fn anchors(tx: &Transaction<'_>, of: TrustUse) -> Result<Vec<Anchor>, StoreError> {
    let mut statement =
        tx.prepare("select pem, added_at from tls_authority where purpose = ?1 order by added_at, fingerprint")?;
    let rows = statement.query_map([of.code()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    rows.map(|row| {
        let (pem, added_at) = row?;
        Ok(Anchor { info: info(&pem)?, pem, added_at: Timestamp(added_at) })
    })
    .collect()
}

fn lists(tx: &Transaction<'_>, of: TrustUse) -> Result<Vec<List>, StoreError> {
    let sql = "select issuer, crl, this_update, next_update, revoked from tls_crl where purpose = ?1 order by issuer";
    let mut statement = tx.prepare(sql)?;
    let rows = statement.query_map([of.code()], |row| {
        let der: Vec<u8> = row.get(1)?;
        Ok(List {
            id: haubert_trust::fingerprint_sha256(&der),
            crl: haubert_trust::Crl {
                issuer: row.get(0)?,
                der,
                this_update: Timestamp(row.get(2)?),
                next_update: Timestamp(row.get(3)?),
                revoked: usize::try_from(row.get::<_, i64>(4)?).unwrap_or_default(),
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts an identity to use; what was in use can be taken back.
pub(super) fn install(
    tx: &Transaction<'_>,
    of: IdentityUse,
    identity: &Identity,
    origin: Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute("delete from tls_identity where purpose = ?1 and slot = ?2", params![of.code(), PREVIOUS])?;
    tx.execute("update tls_identity set slot = ?2 where purpose = ?1", params![of.code(), PREVIOUS])?;
    tx.execute(
        "insert into tls_identity (purpose, slot, key_pem, chain_pem, origin, since) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![of.code(), CURRENT, identity.key.expose(), identity.chain_pem, origin.code(), now.0],
    )?;
    // A request is answered once its key is in use.
    tx.execute("delete from tls_request where purpose = ?1 and key_pem = ?2", params![of.code(), identity.key.expose()])?;
    Ok(())
}

/// Exchanges what is in use and what was before.
pub(super) fn undo(tx: &Transaction<'_>, of: IdentityUse, now: Timestamp) -> Result<(), StoreError> {
    let previous = slot(tx, of, PREVIOUS)?.ok_or(StoreError::Conflict("there is nothing to go back to"))?;
    if previous.info.not_after <= now {
        return Err(StoreError::Conflict("the certificate before has expired"));
    }
    for (from, to) in [(CURRENT, "was"), (PREVIOUS, CURRENT), ("was", PREVIOUS)] {
        tx.execute("update tls_identity set slot = ?3 where purpose = ?1 and slot = ?2", params![of.code(), from, to])?;
    }
    tx.execute("update tls_identity set since = ?3 where purpose = ?1 and slot = ?2", params![of.code(), CURRENT, now.0])?;
    Ok(())
}

/// Forgets the identity in use and the one before.
pub(super) fn remove(tx: &Transaction<'_>, of: IdentityUse) -> Result<(), StoreError> {
    match tx.execute("delete from tls_identity where purpose = ?1", [of.code()])? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

pub(super) fn keep_request(tx: &Transaction<'_>, of: IdentityUse, pending: &Pending) -> Result<(), StoreError> {
    tx.execute(
        "insert into tls_request (purpose, key_pem, csr_pem, made_at) values (?1, ?2, ?3, ?4)
         on conflict (purpose) do update set key_pem = excluded.key_pem, csr_pem = excluded.csr_pem, made_at = excluded.made_at",
        params![of.code(), pending.key.expose(), pending.csr_pem, pending.made_at.0],
    )?;
    Ok(())
}

pub(super) fn drop_request(tx: &Transaction<'_>, of: IdentityUse) -> Result<(), StoreError> {
    match tx.execute("delete from tls_request where purpose = ?1", [of.code()])? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

pub(super) fn add_anchor(tx: &Transaction<'_>, of: TrustUse, pem: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "insert into tls_authority (purpose, fingerprint, pem, added_at) values (?1, ?2, ?3, ?4) on conflict do nothing",
        params![of.code(), info(pem)?.fingerprint.to_string(), pem, now.0],
    )?;
    Ok(())
}

pub(super) fn drop_anchor(tx: &Transaction<'_>, of: TrustUse, fingerprint: Fingerprint) -> Result<(), StoreError> {
    let sql = "delete from tls_authority where purpose = ?1 and fingerprint = ?2";
    match tx.execute(sql, params![of.code(), fingerprint.to_string()])? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Keeps the list in place of the one before of the same issuer, which must not be newer.
pub(super) fn keep_list(tx: &Transaction<'_>, of: TrustUse, crl: &haubert_trust::Crl) -> Result<(), StoreError> {
    let sql = "select this_update from tls_crl where purpose = ?1 and issuer = ?2";
    let before: Option<i64> = tx.query_row(sql, params![of.code(), crl.issuer], |row| row.get(0)).optional()?;
    if before.is_some_and(|before| before > crl.this_update.0) {
        return Err(StoreError::Conflict("there is a newer revocation list of this authority"));
    }
    tx.execute(
        "insert into tls_crl (purpose, issuer, crl, this_update, next_update, revoked) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (purpose, issuer) do update set crl = excluded.crl, this_update = excluded.this_update,
         next_update = excluded.next_update, revoked = excluded.revoked",
        params![
            of.code(),
            crl.issuer,
            crl.der,
            crl.this_update.0,
            crl.next_update.0,
            i64::try_from(crl.revoked).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(())
}

pub(super) fn drop_list(tx: &Transaction<'_>, of: TrustUse, id: Fingerprint) -> Result<(), StoreError> {
    let list = lists(tx, of)?.into_iter().find(|list| list.id == id).ok_or(StoreError::NotFound)?;
    tx.execute("delete from tls_crl where purpose = ?1 and issuer = ?2", params![of.code(), list.crl.issuer])?;
    Ok(())
}

pub(super) fn set_alarms(tx: &Transaction<'_>, alarms: Alarms) -> Result<(), StoreError> {
    let before: Settings = settings::get(tx, SETTINGS)?.unwrap_or_default();
    settings::set(tx, SETTINGS, &Settings { alarms, ..before })
}

pub(super) fn set_revocation(tx: &Transaction<'_>, of: TrustUse, required: bool) -> Result<(), StoreError> {
    let mut after: Settings = settings::get(tx, SETTINGS)?.unwrap_or_default();
    after.revocation_required.retain(|each| *each != of);
    if required {
        after.revocation_required.push(of);
    }
    settings::set(tx, SETTINGS, &after)
}

pub(super) fn told(tx: &Transaction<'_>) -> Result<BTreeMap<String, i64>, StoreError> {
    Ok(settings::get(tx, TOLD)?.unwrap_or_default())
}

pub(super) fn set_told(tx: &Transaction<'_>, told: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    settings::set(tx, TOLD, told)
}
