//! API keys, of which only the digest is kept.

use super::entity::people::{api_key, second_factor, user};
use super::{During as _, Store, StoreError, stored};
use haubert_model::{Timestamp, UserId};
use haubert_service::session::{KeyEntry, KeyRecord, SessionRecord};
use haubert_trust::TokenDigest;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
};

impl Store {
    pub(super) async fn keys_of(&self, user: UserId) -> Result<Vec<KeyEntry>, StoreError> {
        let keys = api_key::Entity::find().filter(api_key::Column::UserId.eq(user.to_string()));
        let rows = keys.order_by_asc(api_key::Column::CreatedAt).all(&self.read).await.during("list keys")?;
        let entry = |row: api_key::Model| KeyEntry {
            id: row.id,
            name: row.name,
            may_change: row.may_change,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp),
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    pub(super) async fn keep_key(&self, user: UserId, digest: TokenDigest, key: KeyEntry) -> Result<(), StoreError> {
        let row = api_key::Model {
            id: key.id,
            digest: digest.to_hex(),
            user_id: user.to_string(),
            name: key.name,
            may_change: key.may_change,
            created_at: key.created_at.as_millis(),
            expires_at: key.expires_at.as_millis(),
            last_used_at: key.last_used_at.map(Timestamp::as_millis),
        };
        let row = row.into_active_model().reset_all();
        api_key::Entity::insert(row).exec_without_returning(&self.write).await.during("add a key")?;
        Ok(())
    }

    pub(super) async fn end_key(&self, user: UserId, id: &str) -> Result<bool, StoreError> {
        let own = api_key::Entity::delete_by_id(id).filter(api_key::Column::UserId.eq(user.to_string()));
        Ok(own.exec(&self.write).await.during("end a key")?.rows_affected == 1)
    }

    pub(super) async fn key(&self, digest: TokenDigest) -> Result<Option<KeyRecord>, StoreError> {
        const DOING: &str = "find a key";
        let key = api_key::Entity::find().filter(api_key::Column::Digest.eq(digest.to_hex()));
        let Some(row) = key.one(&self.read).await.during(DOING)? else { return Ok(None) };
        let owner = user::Entity::find_by_id(&row.user_id).one(&self.read).await.during(DOING)?;
        let Some(owner) = owner.filter(|owner| owner.enabled) else { return Ok(None) };
        let factors = second_factor::Entity::find_by_id(&row.user_id).count(&self.read).await.during(DOING)?;
        let owner = SessionRecord {
            user: stored("user id", &owner.id)?,
            user_name: owner.name,
            profile: owner.profile,
            password_changed_at: Timestamp(owner.password_changed_at),
            password_given: owner.password_given,
            has_password: !owner.password_hash.is_empty(),
            second_factor: factors > 0,
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_used_at.unwrap_or_default()),
            source: String::new(),
            device: row.name,
            provider: None,
        };
        Ok(Some(KeyRecord { owner, may_change: row.may_change, expires_at: Timestamp(row.expires_at) }))
    }

    pub(super) async fn use_key(&self, digest: TokenDigest, at: Timestamp) -> Result<(), StoreError> {
        api_key::Entity::update_many()
            .col_expr(api_key::Column::LastUsedAt, Expr::value(at.as_millis()))
            .filter(api_key::Column::Digest.eq(digest.to_hex()))
            .exec(&self.write)
            .await
            .during("note the use of a key")?;
        Ok(())
    }
}
