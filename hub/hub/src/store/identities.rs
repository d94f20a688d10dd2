//! Identities at providers, and the accounts that they open.

use super::entity::people::{identity, user};
use super::{During as _, Store, StoreError, stored};
use haubert_model::{Timestamp, UserId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, TransactionTrait as _, TryInsertResult,
};

/// What became of an identity that was to be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// It opens the account from now on.
    Added,
    /// It opens an account already.
    Taken,
    /// The account has as many as it may.
    TooMany,
}

/// What became of an identity that was to open nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlinked {
    /// It opens nothing any more.
    Removed(Box<identity::Model>),
    /// The account has none such.
    Absent,
    /// The account would have no way in.
    LastWayIn,
}

/// Adds an identity; `false` when it opens an account already.
pub(super) async fn add(to: &impl ConnectionTrait, row: identity::Model) -> Result<bool, DbErr> {
    let taken = OnConflict::columns([identity::Column::Issuer, identity::Column::Subject]).do_nothing().to_owned();
    let insert = identity::Entity::insert(row.into_active_model().reset_all()).on_conflict(taken).try_insert();
    Ok(matches!(insert.exec_without_returning(to).await?, TryInsertResult::Inserted(1)))
}

impl Store {
    /// Identities of an account, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn identities(&self, user: UserId) -> Result<Vec<identity::Model>, StoreError> {
        let own = identity::Entity::find().filter(identity::Column::UserId.eq(user.to_string()));
        own.order_by_asc(identity::Column::Id).all(&self.read).await.during("list identities")
    }

    /// Lets an identity open an account, which has at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn link_identity(&self, row: identity::Model, most: u64) -> Result<Linked, StoreError> {
        const DOING: &str = "link an identity";
        let transaction = self.write.begin().await.during(DOING)?;
        let own = identity::Entity::find().filter(identity::Column::UserId.eq(&row.user_id));
        if own.count(&transaction).await.during(DOING)? >= most {
            return Ok(Linked::TooMany);
        }
        if !add(&transaction, row).await.during(DOING)? {
            return Ok(Linked::Taken);
        }
        transaction.commit().await.during(DOING)?;
        Ok(Linked::Added)
    }

    /// Lets an identity of an account open nothing any more, unless it is the only way in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unlink_identity(&self, user: UserId, id: &str) -> Result<Unlinked, StoreError> {
        const DOING: &str = "unlink an identity";
        let transaction = self.write.begin().await.during(DOING)?;
        let own = identity::Entity::find().filter(identity::Column::UserId.eq(user.to_string()));
        let all = own.all(&transaction).await.during(DOING)?;
        let others = all.len().saturating_sub(1);
        let Some(row) = all.into_iter().find(|row| row.id == id) else { return Ok(Unlinked::Absent) };
        let owner = user::Entity::find_by_id(user.to_string()).one(&transaction).await.during(DOING)?;
        if others == 0 && owner.is_none_or(|owner| owner.password_hash.is_empty()) {
            return Ok(Unlinked::LastWayIn);
        }
        identity::Entity::delete_by_id(id).exec(&transaction).await.during(DOING)?;
        transaction.commit().await.during(DOING)?;
        Ok(Unlinked::Removed(Box::new(row)))
    }

    /// The account that an identity opens, noting its use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn opened_by(&self, issuer: &str, subject: &str, now: Timestamp) -> Result<Option<UserId>, StoreError> {
        const DOING: &str = "find an identity";
        let which = Condition::all().add(identity::Column::Issuer.eq(issuer)).add(identity::Column::Subject.eq(subject));
        let found = identity::Entity::find().filter(which).one(&self.read).await.during(DOING)?;
        let Some(row) = found else { return Ok(None) };
        identity::Entity::update_many()
            .col_expr(identity::Column::LastUsedAt, Expr::value(now.as_millis()))
            .filter(identity::Column::Id.eq(&row.id))
            .exec(&self.write)
            .await
            .during(DOING)?;
        stored("user id", &row.user_id).map(Some)
    }
}
