//! Accounts, sessions and settings.

use super::entity::people::{former_password, lockout, second_factor, session, setting, user};
use super::{During as _, Store, StoreError, stored};
use haubert_model::{Timestamp, UserId};
use haubert_service::door::{Account, AccountStore, NewPassword};
use haubert_service::lockout::{Key, LockoutRecord, LockoutStore};
use haubert_service::session::{KeyEntry, KeyRecord, SessionRecord, SessionStore};
use haubert_service::{BoxFuture, StoreError as ServiceError};
use haubert_trust::TokenDigest;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TransactionTrait as _, TryInsertResult,
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

    async fn create_first_accounts(&self, accounts: Vec<Account>) -> Result<bool, StoreError> {
        const DOING: &str = "create the first accounts";
        let transaction = self.write.begin().await.during(DOING)?;
        // Two set-ups at once, also on two hub nodes: the primary key of this row lets one through.
        let mark = setting::ActiveModel {
            name: Set("first_account".to_owned()),
            value: Set(accounts.first().map(|account| account.id.to_string()).unwrap_or_default()),
        };
        let marked = setting::Entity::insert(mark)
            .on_conflict(OnConflict::column(setting::Column::Name).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&transaction)
            .await
            .during(DOING)?;
        if !matches!(marked, TryInsertResult::Inserted(1)) || user::Entity::find().count(&transaction).await.during(DOING)? > 0 {
            return Ok(false);
        }
        let rows = accounts.into_iter().map(|account| user::ActiveModel {
            id: Set(account.id.to_string()),
            name: Set(account.name),
            profile: Set(account.profile),
            password_hash: Set(account.password_hash),
            password_changed_at: Set(account.password_changed_at.as_millis()),
            password_given: Set(account.password_given),
            enabled: Set(account.enabled),
            last_sign_in_at: Set(None),
            organisation_id: Set(None),
        });
        user::Entity::insert_many(rows).exec_without_returning(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    async fn account(&self, which: Condition) -> Result<Option<Account>, StoreError> {
        let found = user::Entity::find().filter(which).one(&self.read).await.during("find an account")?;
        found.map(account).transpose()
    }

    async fn replace_password(&self, id: UserId, new: NewPassword) -> Result<(), StoreError> {
        const DOING: &str = "set a password";
        let transaction = self.write.begin().await.during(DOING)?;
        let Some(before) = user::Entity::find_by_id(id.to_string()).one(&transaction).await.during(DOING)? else {
            return Err(StoreError::Damaged(format!("no account {id}")));
        };
        let former = former_password::ActiveModel {
            user_id: Set(before.id.clone()),
            until_at: Set(new.at.as_millis()),
            password_hash: Set(before.password_hash.clone()),
        };
        // Two changes in the same millisecond are one as far as the past is concerned.
        let update = OnConflict::columns([former_password::Column::UserId, former_password::Column::UntilAt])
            .update_column(former_password::Column::PasswordHash)
            .to_owned();
        former_password::Entity::insert(former).on_conflict(update).exec_without_returning(&transaction).await.during(DOING)?;
        let kept = former_password::Entity::find()
            .filter(former_password::Column::UserId.eq(&before.id))
            .order_by_desc(former_password::Column::UntilAt)
            .all(&transaction)
            .await
            .during(DOING)?;
        for row in kept.into_iter().skip(usize::try_from(new.keep).unwrap_or(usize::MAX)) {
            let key = (row.user_id, row.until_at);
            former_password::Entity::delete_by_id(key).exec(&transaction).await.during(DOING)?;
        }
        user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::value(new.hash))
            .col_expr(user::Column::PasswordChangedAt, Expr::value(new.at.as_millis()))
            .col_expr(user::Column::PasswordGiven, Expr::value(new.given))
            .filter(user::Column::Id.eq(before.id))
            .exec(&transaction)
            .await
            .during(DOING)?;
        transaction.commit().await.during(DOING)
    }

    async fn session(&self, digest: TokenDigest) -> Result<Option<SessionRecord>, StoreError> {
        const DOING: &str = "find a session";
        let Some(row) = session::Entity::find_by_id(digest.to_hex()).one(&self.read).await.during(DOING)? else {
            return Ok(None);
        };
        let owner = user::Entity::find_by_id(&row.user_id).one(&self.read).await.during(DOING)?;
        let factors = second_factor::Entity::find_by_id(&row.user_id).count(&self.read).await.during(DOING)?;
        let Some(owner) = owner.filter(|owner| owner.enabled) else { return Ok(None) };
        Ok(Some(record(row, &owner, factors > 0)?))
    }

    async fn sessions(&self) -> Result<Vec<(TokenDigest, SessionRecord)>, StoreError> {
        const DOING: &str = "list sessions";
        let owners = user::Entity::find().all(&self.read).await.during(DOING)?;
        let rows = session::Entity::find().order_by_asc(session::Column::CreatedAt).all(&self.read).await.during(DOING)?;
        let factors: Vec<String> =
            second_factor::Entity::find().all(&self.read).await.during(DOING)?.into_iter().map(|row| row.user_id).collect();
        let mut found = Vec::new();
        for row in rows {
            let second_factor = factors.contains(&row.user_id);
            let Some(owner) = owners.iter().find(|owner| owner.id == row.user_id && owner.enabled) else { continue };
            let digest = TokenDigest::from_hex(&row.digest).ok_or_else(|| StoreError::Damaged("a session".to_owned()))?;
            found.push((digest, record(row, owner, second_factor)?));
        }
        Ok(found)
    }
}

pub(super) fn account(row: user::Model) -> Result<Account, StoreError> {
    Ok(Account {
        id: stored("user id", &row.id)?,
        name: row.name,
        profile: row.profile,
        password_hash: row.password_hash,
        password_changed_at: Timestamp(row.password_changed_at),
        password_given: row.password_given,
        enabled: row.enabled,
    })
}

fn record(row: session::Model, owner: &user::Model, second_factor: bool) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        user: stored("user id", &row.user_id)?,
        user_name: owner.name.clone(),
        profile: owner.profile.clone(),
        password_changed_at: Timestamp(owner.password_changed_at),
        password_given: owner.password_given,
        has_password: !owner.password_hash.is_empty(),
        second_factor,
        created_at: Timestamp(row.created_at),
        last_seen_at: Timestamp(row.last_seen_at),
        source: row.source,
        device: row.device,
        provider: row.provider,
    })
}

impl AccountStore for Store {
    fn is_empty(&self) -> BoxFuture<'_, Result<bool, ServiceError>> {
        Box::pin(async { Ok(user::Entity::find().count(&self.read).await.during("count accounts")? == 0) })
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Account>, ServiceError>> {
        Box::pin(async move {
            // As it is written first: SQLite folds the case of ASCII only.
            if let Some(exact) = self.account(Condition::all().add(user::Column::Name.eq(name))).await? {
                return Ok(Some(exact));
            }
            let same = Expr::expr(Func::lower(Expr::col(user::Column::Name))).eq(name.to_lowercase());
            Ok(self.account(Condition::all().add(same)).await?)
        })
    }

    fn find_by_id(&self, id: UserId) -> BoxFuture<'_, Result<Option<Account>, ServiceError>> {
        Box::pin(async move { Ok(self.account(Condition::all().add(user::Column::Id.eq(id.to_string()))).await?) })
    }

    fn set_password(&self, id: UserId, password: NewPassword) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move { Ok(self.replace_password(id, password).await?) })
    }

    fn former_passwords(&self, id: UserId, limit: u32) -> BoxFuture<'_, Result<Vec<String>, ServiceError>> {
        Box::pin(async move {
            let rows = former_password::Entity::find()
                .filter(former_password::Column::UserId.eq(id.to_string()))
                .order_by_desc(former_password::Column::UntilAt)
                .limit(u64::from(limit))
                .all(&self.read)
                .await
                .during("read former passwords")?;
            Ok(rows.into_iter().map(|row| row.password_hash).collect())
        })
    }

    fn signed_in(&self, id: UserId, at: Timestamp) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move {
            user::Entity::update_many()
                .col_expr(user::Column::LastSignInAt, Expr::value(at.as_millis()))
                .filter(user::Column::Id.eq(id.to_string()))
                .exec(&self.write)
                .await
                .during("note a sign-in")?;
            Ok(())
        })
    }

    fn create_first(&self, accounts: Vec<Account>) -> BoxFuture<'_, Result<bool, ServiceError>> {
        Box::pin(async { Ok(self.create_first_accounts(accounts).await?) })
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
            source: Set(record.source),
            device: Set(record.device),
            provider: Set(record.provider),
        };
        Box::pin(async {
            session::Entity::insert(row).exec_without_returning(&self.write).await.during("begin a session")?;
            Ok(())
        })
    }

    fn find(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<SessionRecord>, ServiceError>> {
        Box::pin(async move { Ok(self.session(digest).await?) })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<(TokenDigest, SessionRecord)>, ServiceError>> {
        Box::pin(async { Ok(self.sessions().await?) })
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

    fn keys(&self, user: UserId) -> BoxFuture<'_, Result<Vec<KeyEntry>, ServiceError>> {
        Box::pin(async move { Ok(self.keys_of(user).await?) })
    }

    fn add_key(&self, user: UserId, digest: TokenDigest, key: KeyEntry) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move { Ok(self.keep_key(user, digest, key).await?) })
    }

    fn remove_key(&self, user: UserId, id: String) -> BoxFuture<'_, Result<bool, ServiceError>> {
        Box::pin(async move { Ok(self.end_key(user, &id).await?) })
    }

    fn find_key(&self, digest: TokenDigest) -> BoxFuture<'_, Result<Option<KeyRecord>, ServiceError>> {
        Box::pin(async move { Ok(self.key(digest).await?) })
    }

    fn touch_key(&self, digest: TokenDigest, at: Timestamp) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move { Ok(self.use_key(digest, at).await?) })
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

impl LockoutStore for Store {
    fn load(&self) -> BoxFuture<'_, Result<Vec<LockoutRecord>, ServiceError>> {
        Box::pin(async {
            let rows = lockout::Entity::find().all(&self.read).await.during("read wrong tries")?;
            let parse = |row: lockout::Model| {
                serde_json::from_str(&row.record).map_err(|error| StoreError::Damaged(format!("lockout: {error}")).into())
            };
            rows.into_iter().map(parse).collect()
        })
    }

    fn save(&self, records: Vec<LockoutRecord>) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move {
            if records.is_empty() {
                return Ok(());
            }
            let row = |record: &LockoutRecord| {
                let text = serde_json::to_string(record).map_err(|error| StoreError::Damaged(format!("lockout: {error}")))?;
                Ok(lockout::ActiveModel { key: Set(record.key.text()), record: Set(text) })
            };
            let rows = records.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
            let update = OnConflict::column(lockout::Column::Key).update_column(lockout::Column::Record).to_owned();
            let inserted = lockout::Entity::insert_many(rows).on_conflict(update).exec_without_returning(&self.write).await;
            inserted.during("keep wrong tries")?;
            Ok(())
        })
    }

    fn remove(&self, keys: Vec<Key>) -> BoxFuture<'_, Result<(), ServiceError>> {
        Box::pin(async move {
            let keys: Vec<String> = keys.iter().map(Key::text).collect();
            let gone = lockout::Entity::delete_many().filter(lockout::Column::Key.is_in(keys));
            gone.exec(&self.write).await.during("forget wrong tries")?;
            Ok(())
        })
    }
}
