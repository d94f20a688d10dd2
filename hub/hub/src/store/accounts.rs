//! Accounts as those who keep them see them, and invitations to have one.

use super::entity::people::{former_password, identity, invitation, second_factor, session, user};
use super::people::account;
use super::{During as _, Store, StoreError};
use haubert_model::{OrganisationId, Timestamp, UserId};
use haubert_service::door::Account;
use haubert_trust::TokenDigest;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, TransactionTrait as _,
};

/// An account, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What the door knows of it.
    pub account: Account,
    /// The organisation that it belongs to.
    pub organisation: Option<String>,
    /// When it last came in.
    pub last_sign_in_at: Option<Timestamp>,
    /// Whether it has a second factor.
    pub has_factor: bool,
}

/// What became of an invitation that was taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedAccount {
    /// The account is made.
    Added,
    /// There is no such invitation, or its time is over.
    NotInvited,
    /// Another account has the name.
    NameTaken,
    /// The identity opens another account.
    IdentityTaken,
}

fn within(organisation: Option<OrganisationId>) -> Condition {
    match organisation {
        None => Condition::all(),
        Some(id) => Condition::all().add(user::Column::OrganisationId.eq(id.to_string())),
    }
}

impl Store {
    /// The organisation that an account belongs to, and its profile; nothing when there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn belongs_to(&self, id: UserId) -> Result<Option<(String, Option<String>)>, StoreError> {
        let row = user::Entity::find_by_id(id.to_string()).one(&self.read).await.during("find an account")?;
        Ok(row.map(|row| (row.profile, row.organisation_id)))
    }

    /// The accounts of an organisation, or all, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accounts(&self, organisation: Option<OrganisationId>) -> Result<Vec<Kept>, StoreError> {
        const DOING: &str = "list accounts";
        let rows = user::Entity::find().filter(within(organisation)).order_by_asc(user::Column::Name).all(&self.read).await;
        let factors = second_factor::Entity::find().all(&self.read).await.during(DOING)?;
        let kept = |row: user::Model| {
            Ok(Kept {
                has_factor: factors.iter().any(|factor| factor.user_id == row.id),
                organisation: row.organisation_id.clone(),
                last_sign_in_at: row.last_sign_in_at.map(Timestamp),
                account: account(row)?,
            })
        };
        rows.during(DOING)?.into_iter().map(kept).collect()
    }

    /// Changes an account's profile, organisation and whether it may come in. `false`: nobody of `keep` who may come in would be
    /// left, and nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_account(
        &self,
        id: UserId,
        profile: &str,
        organisation: Option<OrganisationId>,
        enabled: bool,
        keep: &str,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "change an account";
        let transaction = self.write.begin().await.during(DOING)?;
        user::Entity::update_many()
            .col_expr(user::Column::Profile, Expr::value(profile))
            .col_expr(user::Column::OrganisationId, Expr::value(organisation.map(|id| id.to_string())))
            .col_expr(user::Column::Enabled, Expr::value(enabled))
            .filter(user::Column::Id.eq(id.to_string()))
            .exec(&transaction)
            .await
            .during(DOING)?;
        if !has_keeper(&transaction, keep).await.during(DOING)? {
            return Ok(false);
        }
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// Removes an account, its sessions and its factors. `false`: nobody of `keep` would be left, and nothing is removed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_account(&self, id: UserId, keep: &str) -> Result<bool, StoreError> {
        const DOING: &str = "remove an account";
        let id = id.to_string();
        let transaction = self.write.begin().await.during(DOING)?;
        session::Entity::delete_many().filter(session::Column::UserId.eq(&id)).exec(&transaction).await.during(DOING)?;
        second_factor::Entity::delete_by_id(&id).exec(&transaction).await.during(DOING)?;
        identity::Entity::delete_many().filter(identity::Column::UserId.eq(&id)).exec(&transaction).await.during(DOING)?;
        let former = former_password::Entity::delete_many().filter(former_password::Column::UserId.eq(&id));
        former.exec(&transaction).await.during(DOING)?;
        user::Entity::delete_by_id(&id).exec(&transaction).await.during(DOING)?;
        if !has_keeper(&transaction, keep).await.during(DOING)? {
            return Ok(false);
        }
        transaction.commit().await.during(DOING)?;
        Ok(true)
    }

    /// Adds an invitation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_invitation(&self, row: invitation::Model) -> Result<(), StoreError> {
        let row = row.into_active_model().reset_all();
        invitation::Entity::insert(row).exec_without_returning(&self.write).await.during("invite")?;
        Ok(())
    }

    /// Invitations of an organisation, or all, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitations(&self, organisation: Option<OrganisationId>) -> Result<Vec<invitation::Model>, StoreError> {
        let mut invitations = invitation::Entity::find();
        if let Some(id) = organisation {
            invitations = invitations.filter(invitation::Column::OrganisationId.eq(id.to_string()));
        }
        invitations.order_by_desc(invitation::Column::CreatedAt).all(&self.read).await.during("list invitations")
    }

    /// The invitation of this token, as long as it can be taken up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitation(&self, digest: TokenDigest, now: Timestamp) -> Result<Option<invitation::Model>, StoreError> {
        let row = invitation::Entity::find_by_id(digest.to_hex()).one(&self.read).await.during("find an invitation")?;
        Ok(row.filter(|row| row.used_at.is_none() && row.expires_at > now.as_millis()))
    }

    /// The invitation that its digest names, used or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitation_of(&self, digest: &str) -> Result<Option<invitation::Model>, StoreError> {
        invitation::Entity::find_by_id(digest).one(&self.read).await.during("find an invitation")
    }

    /// Withdraws the invitation that its digest names; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw_invitation(&self, digest: &str) -> Result<bool, StoreError> {
        let done = invitation::Entity::delete_by_id(digest).exec(&self.write).await.during("withdraw an invitation")?;
        Ok(done.rows_affected > 0)
    }

    /// Makes the account that an invitation is for, once; with an identity of its owner when it is taken up by a provider.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_up_invitation(
        &self,
        digest: TokenDigest,
        new: &Account,
        organisation: Option<String>,
        linked: Option<identity::Model>,
        now: Timestamp,
    ) -> Result<AddedAccount, StoreError> {
        const DOING: &str = "take up an invitation";
        let transaction = self.write.begin().await.during(DOING)?;
        let used = invitation::Entity::update_many()
            .col_expr(invitation::Column::UsedAt, Expr::value(now.as_millis()))
            .col_expr(invitation::Column::UsedBy, Expr::value(new.name.clone()))
            .filter(invitation::Column::Digest.eq(digest.to_hex()))
            .filter(invitation::Column::UsedAt.is_null())
            .filter(invitation::Column::ExpiresAt.gt(now.as_millis()))
            .exec(&transaction)
            .await
            .during(DOING)?;
        if used.rows_affected != 1 {
            return Ok(AddedAccount::NotInvited);
        }
        let same = Expr::expr(Func::lower(Expr::col(user::Column::Name))).eq(new.name.to_lowercase());
        if user::Entity::find().filter(same).count(&transaction).await.during(DOING)? > 0 {
            return Ok(AddedAccount::NameTaken);
        }
        let row = user::Model {
            id: new.id.to_string(),
            name: new.name.clone(),
            profile: new.profile.clone(),
            password_hash: new.password_hash.clone(),
            password_changed_at: new.password_changed_at.as_millis(),
            password_given: new.password_given,
            enabled: new.enabled,
            last_sign_in_at: None,
            organisation_id: organisation,
        };
        user::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&transaction).await.during(DOING)?;
        if let Some(identity) = linked
            && !super::identities::add(&transaction, identity).await.during(DOING)?
        {
            return Ok(AddedAccount::IdentityTaken);
        }
        transaction.commit().await.during(DOING)?;
        Ok(AddedAccount::Added)
    }
}

async fn has_keeper(transaction: &impl sea_orm::ConnectionTrait, keep: &str) -> Result<bool, sea_orm::DbErr> {
    let keepers = user::Entity::find().filter(user::Column::Profile.eq(keep)).filter(user::Column::Enabled.eq(true));
    Ok(keepers.count(transaction).await? > 0)
}
