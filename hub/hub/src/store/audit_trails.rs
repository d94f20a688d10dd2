//! How far each gateway's audit trail goes: signed heads, as they came over the link.
//!
//! A trail only grows. A head that lies before one that is here, says something else at the same place, or is of another trail
//! contradicts it: it is not taken, and the contradiction stays until the gateway is enrolled anew by a person. Of the heads that
//! agree one an hour is kept, so that an export can be verified against them.

use super::entity::audit::{audit_head, audit_trail};
use super::entity::fleet::enrolment;
use super::{During as _, Store, StoreError, stored};
use haubert_link::message::AuditDeposit;
use haubert_model::{GatewayId, Timestamp};
use haubert_trust::audit::Head;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, TransactionTrait as _};

/// Time between two heads that are kept.
const APART_MS: i64 = 3_600_000;
/// Heads kept of a gateway: a year of them.
const KEPT: u64 = 9_000;

/// How a head contradicts an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contradiction {
    /// The signature is not the gateway's.
    Signature,
    /// The trail is shorter than it was.
    Shorter,
    /// Another record stands at the same place.
    Rewritten,
    /// It is another trail.
    OtherTrail,
}

impl Contradiction {
    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Shorter => "shorter",
            Self::Rewritten => "rewritten",
            Self::OtherTrail => "other_trail",
        }
    }
}

impl std::str::FromStr for Contradiction {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Signature, Self::Shorter, Self::Rewritten, Self::OtherTrail].into_iter().find(|one| one.code() == text).ok_or(())
    }
}

/// What a deposited head does to the trail as it is known.
fn judge(known: Option<&audit_trail::Model>, deposit: &AuditDeposit) -> Result<bool, Contradiction> {
    let head = &deposit.head;
    if !head.is_signed_by(&deposit.key) {
        return Err(Contradiction::Signature);
    }
    let Some(known) = known else { return Ok(true) };
    if known.log != head.log.to_string() || known.public_key != deposit.key.to_string() {
        return Err(Contradiction::OtherTrail);
    }
    let there = u64::try_from(known.seq).unwrap_or(0);
    match head.seq.cmp(&there) {
        std::cmp::Ordering::Less => Err(Contradiction::Shorter),
        std::cmp::Ordering::Equal if known.hash != head.hash.to_string() => Err(Contradiction::Rewritten),
        std::cmp::Ordering::Equal => Ok(false),
        std::cmp::Ordering::Greater => Ok(true),
    }
}

impl Store {
    /// Takes a head that a gateway deposits; gives how it contradicts those that are here, when that is new.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deposit_head(
        &self,
        gateway: GatewayId,
        deposit: &AuditDeposit,
        now: Timestamp,
    ) -> Result<Option<Contradiction>, StoreError> {
        const DOING: &str = "keep a head of an audit trail";
        let id = gateway.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        let known = audit_trail::Entity::find_by_id(&id).one(&transaction).await.during(DOING)?;
        let enrolled = enrolment::Entity::find()
            .filter(enrolment::Column::GatewayId.eq(&id))
            .order_by_desc(enrolment::Column::UsedAt)
            .all(&transaction)
            .await
            .during(DOING)?;
        // A person has let this gateway in since: it may be another machine, with a trail of its own.
        let enrolled_at = enrolled.iter().filter_map(|row| row.used_at).max().unwrap_or(i64::MIN);
        let known = known.filter(|known| known.begun_at >= enrolled_at);
        let head = &deposit.head;
        let seq = i64::try_from(head.seq).unwrap_or(i64::MAX);
        let row = match judge(known.as_ref(), deposit) {
            Ok(false) => return Ok(None),
            Ok(true) => audit_trail::Model {
                gateway_id: id.clone(),
                log: head.log.to_string(),
                public_key: deposit.key.to_string(),
                seq,
                hash: head.hash.to_string(),
                received_at: now.as_millis(),
                begun_at: known.as_ref().map_or(now.as_millis(), |known| known.begun_at),
                contradiction: known.as_ref().and_then(|known| known.contradiction.clone()),
                contradicted_at: known.as_ref().and_then(|known| known.contradicted_at),
                contradicted_seq: known.as_ref().and_then(|known| known.contradicted_seq),
            },
            Err(contradiction) => {
                // Without anything that agrees there is nothing to contradict yet: only a wrong signature comes here.
                let Some(known) = known else { return Ok(Some(contradiction)) };
                if known.contradiction.is_some() {
                    return Ok(None);
                }
                let row = audit_trail::Model {
                    contradiction: Some(contradiction.code().to_owned()),
                    contradicted_at: Some(now.as_millis()),
                    contradicted_seq: Some(seq),
                    ..known
                };
                replace(&transaction, row).await.during(DOING)?;
                transaction.commit().await.during(DOING)?;
                return Ok(Some(contradiction));
            }
        };
        replace(&transaction, row).await.during(DOING)?;
        let last = audit_head::Entity::find()
            .filter(audit_head::Column::GatewayId.eq(&id))
            .order_by_desc(audit_head::Column::ReceivedAt)
            .one(&transaction)
            .await
            .during(DOING)?;
        if last.is_none_or(|last| now.as_millis() - last.received_at >= APART_MS || last.log != head.log.to_string()) {
            let kept = audit_head::ActiveModel {
                gateway_id: Set(id.clone()),
                received_at: Set(now.as_millis()),
                log: Set(head.log.to_string()),
                seq: Set(seq),
                hash: Set(head.hash.to_string()),
                sig: Set(head.signature()),
            };
            let same =
                OnConflict::columns([audit_head::Column::GatewayId, audit_head::Column::ReceivedAt]).do_nothing().to_owned();
            audit_head::Entity::insert(kept)
                .on_conflict(same)
                .try_insert()
                .exec_without_returning(&transaction)
                .await
                .during(DOING)?;
            let before = now.as_millis() - APART_MS * i64::try_from(KEPT).unwrap_or(i64::MAX);
            audit_head::Entity::delete_many()
                .filter(audit_head::Column::GatewayId.eq(&id))
                .filter(audit_head::Column::ReceivedAt.lt(before))
                .exec(&transaction)
                .await
                .during(DOING)?;
        }
        transaction.commit().await.during(DOING)?;
        Ok(None)
    }

    /// The heads that are kept of a gateway's trail, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_heads(&self, gateway: GatewayId) -> Result<Vec<Head>, StoreError> {
        let rows = audit_head::Entity::find()
            .filter(audit_head::Column::GatewayId.eq(gateway.to_string()))
            .order_by_asc(audit_head::Column::ReceivedAt)
            .limit(KEPT)
            .all(&self.read)
            .await
            .during("read heads of an audit trail")?;
        rows.into_iter()
            .map(|row| {
                let (log, hash) = (stored("log", &row.log)?, stored("hash", &row.hash)?);
                let seq = u64::try_from(row.seq).unwrap_or(0);
                Head::from_parts(log, seq, hash, &row.sig).map_err(|_| StoreError::Damaged("a head's signature".to_owned()))
            })
            .collect()
    }
}

async fn replace(database: &impl sea_orm::ConnectionTrait, row: audit_trail::Model) -> Result<(), sea_orm::DbErr> {
    use audit_trail::Column;
    let update = OnConflict::column(Column::GatewayId)
        .update_columns([
            Column::Log,
            Column::PublicKey,
            Column::Seq,
            Column::Hash,
            Column::ReceivedAt,
            Column::BegunAt,
            Column::Contradiction,
            Column::ContradictedAt,
            Column::ContradictedSeq,
        ])
        .to_owned();
    audit_trail::Entity::insert(audit_trail::ActiveModel::from(row)).on_conflict(update).exec_without_returning(database).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_trust::Key;
    use haubert_trust::audit::{Hash, LogId, Signer};

    fn deposit(log: u8, seed: u8, seq: u64, hash: u8) -> AuditDeposit {
        let signer = Signer::new(LogId([log; 16]), &Key::new([seed; 32])).unwrap();
        AuditDeposit { head: signer.sign(seq, Hash([hash; 32])), key: signer.public_key() }
    }

    fn known(deposit: &AuditDeposit) -> audit_trail::Model {
        audit_trail::Model {
            gateway_id: String::new(),
            log: deposit.head.log.to_string(),
            public_key: deposit.key.to_string(),
            seq: i64::try_from(deposit.head.seq).unwrap(),
            hash: deposit.head.hash.to_string(),
            received_at: 0,
            begun_at: 0,
            contradiction: None,
            contradicted_at: None,
            contradicted_seq: None,
        }
    }

    #[test]
    fn a_trail_only_grows() {
        let there = known(&deposit(1, 1, 10, 10));
        assert_eq!(judge(None, &deposit(1, 1, 10, 10)), Ok(true));
        assert_eq!(judge(Some(&there), &deposit(1, 1, 10, 10)), Ok(false));
        assert_eq!(judge(Some(&there), &deposit(1, 1, 11, 11)), Ok(true));
        assert_eq!(judge(Some(&there), &deposit(1, 1, 9, 9)), Err(Contradiction::Shorter));
        assert_eq!(judge(Some(&there), &deposit(1, 1, 10, 99)), Err(Contradiction::Rewritten));
        assert_eq!(judge(Some(&there), &deposit(2, 1, 11, 11)), Err(Contradiction::OtherTrail));
        assert_eq!(judge(Some(&there), &deposit(1, 2, 11, 11)), Err(Contradiction::OtherTrail));
        let forged = AuditDeposit { key: deposit(1, 2, 1, 1).key, ..deposit(1, 1, 11, 11) };
        assert_eq!(judge(Some(&there), &forged), Err(Contradiction::Signature));
    }
}
