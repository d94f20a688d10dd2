//! Accounts, sessions and settings.

use super::entity::people::{session, setting, user};
use super::{During as _, Store, StoreError, stored};
use haubert_model::Timestamp;
use haubert_service::door::{Account, AccountStore};
use haubert_service::session::{SessionRecord, SessionStore};
use haubert_service::{BoxFuture, StoreError as ServiceError};
use haubert_trust::TokenDigest;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, TransactionTrait as _, TryInsertResult,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Store {
    /// The value kept under `name`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let row = setting::Entity::find_by_id(name).one(&self.read).await.during("read a setting")?;
        row.map(|row| serde_json::from_str(&row.value).map_err(|error| StoreError::Damaged(format!("{name}: {error}"))))
            .transpose()
    }

    /// Keeps a value under `name`, in place of the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_setting<T: Serialize + Sync>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        let value = serde_json::to_string(value).map_err(|error| StoreError::Damaged(format!("{name}: {error}")))?;
        let row = setting::ActiveModel { name: Set(name.to_owned()), value: Set(value) };
        let update = OnConflict::column(setting::Column::Name).update_column(setting::Column::Value).to_owned();
        let inserted = setting::Entity::insert(row).on_conflict(update).exec_without_returning(&self.write).await;
        inserted.during("keep a setting").map(|_| ())
    }

    async fn create_first_account(&self, account: Account) -> Result<bool, StoreError> {
        const DOING: &str = "create the first account";
        let transaction = self.write.begin().await.during(DOING)?;
        // Two set-ups at once, also on two hub nodes: the primary key of this row lets one through.
        let mark = setting::ActiveModel { name: Set("first_account".to_owned()), value: Set(account.id.to_string()) };
        let marked = setting::Entity::insert(mark)
            .on_conflict(OnConflict::column(setting::Column::Name).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&transaction)
            .await
            .during(DOING)?;
        if !matches!(marked, TryInsertResult::Inserted(1)) || user::Entity::find().count(&transaction).await.during(DOING)? > 0 {
            return Ok(false);
        }
        let row = user::ActiveModel {
            id: Set(account.id.to_string()),
            name: Set(account.name),
            profile: Set(account.profile),
            password_hash: Set(account.password_hash),
        };
        user::Entity::insert(row).exec_without_returning(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let found = user::Entity::find().filter(user::Column::Name.eq(name)).one(&self.read).await.during("find an account")?;
        found
            .map(|row| {
                Ok(Account {
                    id: stored("user id", &row.id)?,
                    name: row.name,
                    profile: row.profile,
                    password_hash: row.password_hash,
                })
            })
            .transpose()
    }

    async fn session(&self, digest: TokenDigest) -> Result<Option<SessionRecord>, StoreError> {
        let found = session::Entity::find_by_id(digest.to_hex()).one(&self.read).await.during("find a session")?;
        found
            .map(|row| {
                Ok(SessionRecord {
                    user: stored("user id", &row.user_id)?,
                    user_name: row.user_name,
                    profile: row.profile,
                    created_at: Timestamp(row.created_at),
                    last_seen_at: Timestamp(row.last_seen_at),
                })
            })
            .transpose()
    }
}

impl AccountStore for Store {
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, ServiceError>> {
        Box::pin(async { Ok(user::Entity::find().count(&self.read).await.during("count accounts")? == 0) })
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, ServiceError>> {
        Box::pin(async move { Ok(self.account(name).await?) })
    }

    fn create_first(&self, account: Account) -> BoxFuture<'_, Result<bool, ServiceError>> {
        Box::pin(async { Ok(self.create_first_account(account).await?) })
    }
}

impl SessionStore for Store {
    fn insert(&self, digest: TokenDigest, record: SessionRecord) -> BoxFuture<'_, Result<(), ServiceError>> {
        let row = session::ActiveModel {
            digest: Set(digest.to_hex()),
            user_id: Set(record.user.to_string()),
            user_name: Set(record.user_name),
            profile: Set(record.profile),
            created_at: Set(record.created_at.as_millis()),
            last_seen_at: Set(record.last_seen_at.as_millis()),
        };
        Box::pin(async {
            session::Entity::insert(row).exec_without_returning(&self.write).await.during("begin a session")?;
            Ok(())
        })
    }

    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, ServiceError>> {
        Box::pin(async move { Ok(self.session(digest).await?) })
    }

    fn touch(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move {
            session::Entity::update_many()
                .col_expr(session::Column::LastSeenAt, Expr::value(at.as_millis()))
                .filter(session::Column::Digest.eq(digest.to_hex()))
                .exec(&self.write)
                .await
                .during("keep a session")?;
            Ok(())
        })
    }

    fn remove(&self, digest: TokenDigest) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move {
            session::Entity::delete_by_id(digest.to_hex()).exec(&self.write).await.during("end a session")?;
            Ok(())
        })
    }

    fn remove_dead(&self, created_before: Timestamp, seen_before: Timestamp) -> BoxFuture<'_, Result<(), ServiceError>> {
        let dead = Condition::any()
            .add(session::Column::CreatedAt.lt(created_before.as_millis()))
            .add(session::Column::LastSeenAt.lt(seen_before.as_millis()));
        Box::pin(async {
            session::Entity::delete_many().filter(dead).exec(&self.write).await.during("sweep sessions")?;
            Ok(())
        })
    }
}
