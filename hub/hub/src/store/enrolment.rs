//! Tokens, certificates, and who calls.

use super::entity::fleet::{certificate, enrolment, gateway};
use super::{During as _, GatewayState, Store, StoreError, stored};
use haubert_model::{GatewayId, Timestamp};
use haubert_trust::{CertificateInfo, TokenDigest};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, TransactionTrait as _};

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It enrols this gateway.
    Good(GatewayId),
    /// It has enrolled a gateway before.
    Used,
    /// Its time is over.
    Expired,
    /// Nobody gave it out, or it was replaced.
    Unknown,
}

/// Who shows a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// An enrolled gateway.
    Gateway(GatewayId),
    /// It, or its certificate, was revoked.
    Revoked,
    /// The certificate was not given out from this store.
    Unknown,
}

pub(super) async fn forget_unused_tokens<C: ConnectionTrait>(database: &C, gateway: GatewayId) -> Result<(), DbErr> {
    // Used ones stay, so that their second use is called what it is.
    enrolment::Entity::delete_many()
        .filter(enrolment::Column::GatewayId.eq(gateway.to_string()))
        .filter(enrolment::Column::UsedAt.is_null())
        .exec(database)
        .await?;
    Ok(())
}

pub(super) async fn revoke_certificates<C: ConnectionTrait>(
    database: &C,
    gateway: GatewayId,
    now: Timestamp,
) -> Result<(), DbErr> {
    certificate::Entity::update_many()
        .col_expr(certificate::Column::RevokedAt, Expr::value(now.as_millis()))
        .filter(certificate::Column::GatewayId.eq(gateway.to_string()))
        .filter(certificate::Column::RevokedAt.is_null())
        .exec(database)
        .await?;
    Ok(())
}

async fn insert_certificate<C: ConnectionTrait>(
    database: &C,
    gateway: GatewayId,
    info: &CertificateInfo,
    now: Timestamp,
) -> Result<(), DbErr> {
    let row = certificate::ActiveModel {
        serial: Set(info.serial.clone()),
        gateway_id: Set(gateway.to_string()),
        fingerprint: Set(info.fingerprint.to_string()),
        not_after: Set(info.not_after.as_millis()),
        issued_at: Set(now.as_millis()),
        revoked_at: Set(None),
    };
    certificate::Entity::insert(row).exec_without_returning(database).await?;
    Ok(())
}

impl Store {
    /// Gives out a token for a gateway; the ones before it are worth nothing. `false`: no such gateway.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_token(&self, gateway: GatewayId, token: TokenDigest, expires_at: Timestamp) -> Result<bool, StoreError> {
        const DOING: &str = "give out an enrolment token";
        let transaction = self.write.begin().await.during(DOING)?;
        if gateway::Entity::find_by_id(gateway.to_string()).one(&transaction).await.during(DOING)?.is_none() {
            return Ok(false);
        }
        forget_unused_tokens(&transaction, gateway).await.during(DOING)?;
        let row = enrolment::ActiveModel {
            digest: Set(token.to_hex()),
            gateway_id: Set(gateway.to_string()),
            expires_at: Set(expires_at.as_millis()),
            used_at: Set(None),
        };
        enrolment::Entity::insert(row).exec_without_returning(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// What a token is worth now. Asking does not use it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token_state(&self, token: TokenDigest, now: Timestamp) -> Result<TokenState, StoreError> {
        let row = enrolment::Entity::find_by_id(token.to_hex()).one(&self.read).await.during("find an enrolment token")?;
        Ok(match row {
            None => TokenState::Unknown,
            Some(row) if row.used_at.is_some() => TokenState::Used,
            Some(row) if row.expires_at <= now.as_millis() => TokenState::Expired,
            Some(row) => TokenState::Good(stored("gateway id", &row.gateway_id)?),
        })
    }

    /// Uses the token: the gateway is enrolled with this certificate and any earlier one is revoked. `false`, and nothing done, when
    /// the token was used meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enrol(
        &self,
        token: TokenDigest,
        gateway: GatewayId,
        info: &CertificateInfo,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "enrol a gateway";
        let transaction = self.write.begin().await.during(DOING)?;
        let used = enrolment::Entity::update_many()
            .col_expr(enrolment::Column::UsedAt, Expr::value(now.as_millis()))
            .filter(enrolment::Column::Digest.eq(token.to_hex()))
            .filter(enrolment::Column::UsedAt.is_null())
            .exec(&transaction)
            .await
            .during(DOING)?;
        if used.rows_affected != 1 {
            return Ok(false);
        }
        gateway::Entity::update_many()
            .col_expr(gateway::Column::State, Expr::value(GatewayState::Enrolled.code()))
            .filter(gateway::Column::Id.eq(gateway.to_string()))
            .exec(&transaction)
            .await
            .during(DOING)?;
        revoke_certificates(&transaction, gateway, now).await.during(DOING)?;
        insert_certificate(&transaction, gateway, info, now).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// Records a renewed certificate. The one before stays good until its end, in case the answer is lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_certificate(&self, gateway: GatewayId, info: &CertificateInfo, now: Timestamp) -> Result<(), StoreError> {
        insert_certificate(&self.write, gateway, info, now).await.during("record a certificate")
    }

    /// Who shows the certificate with this serial number. Read at every request, so that revocation bites at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn caller(&self, serial: &str) -> Result<Caller, StoreError> {
        const DOING: &str = "find a certificate";
        let Some(shown) = certificate::Entity::find_by_id(serial).one(&self.read).await.during(DOING)? else {
            return Ok(Caller::Unknown);
        };
        if shown.revoked_at.is_some() {
            return Ok(Caller::Revoked);
        }
        let gateway = gateway::Entity::find_by_id(&shown.gateway_id).one(&self.read).await.during(DOING)?;
        Ok(match gateway {
            None => Caller::Unknown,
            Some(row) if row.state == GatewayState::Revoked.code() => Caller::Revoked,
            Some(row) => Caller::Gateway(stored("gateway id", &row.id)?),
        })
    }
}
