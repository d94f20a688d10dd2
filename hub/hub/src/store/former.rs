//! What stood in a row before somebody changed it: every change has an author, a time and a way back.

use super::entity::register::former;
use super::{During as _, Store, StoreError};
use haubert_model::OrganisationId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde::Serialize;

/// How many changes back one can look.
const MOST: u64 = 200;

/// A row that has a past.
pub(super) trait Revised: Serialize {
    /// Names what it is.
    fn kind(&self) -> &str;
    /// Whose it is.
    fn organisation_id(&self) -> &str;
    /// Which row it is, among those of its organisation.
    fn subject(&self) -> &str;
    /// Counts its changes.
    fn revision(&self) -> i32;
    /// When it was written, in milliseconds.
    fn changed_at(&self) -> i64;
    /// Who wrote it.
    fn changed_by(&self) -> &str;
}

/// Keeps `row`, which is about to be replaced or removed. Part of the transaction that does so.
pub(super) async fn keep(connection: &impl ConnectionTrait, row: &impl Revised) -> Result<(), StoreError> {
    let document = serde_json::to_string(row).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let row = kept(row, document).into_active_model().reset_all();
    former::Entity::insert(row).exec_without_returning(connection).await.during("keep what was before")?;
    Ok(())
}

fn kept<R: Revised>(row: &R, document: String) -> former::Model {
    former::Model {
        organisation_id: row.organisation_id().to_owned(),
        kind: row.kind().to_owned(),
        subject: row.subject().to_owned(),
        revision: row.revision(),
        document,
        changed_at: row.changed_at(),
        changed_by: row.changed_by().to_owned(),
    }
}

impl Store {
    /// What a row said before, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn former(
        &self,
        organisation: OrganisationId,
        kind: &str,
        subject: &str,
    ) -> Result<Vec<former::Model>, StoreError> {
        former::Entity::find()
            .filter(former::Column::OrganisationId.eq(organisation.to_string()))
            .filter(former::Column::Kind.eq(kind))
            .filter(former::Column::Subject.eq(subject))
            .order_by_desc(former::Column::Revision)
            .limit(MOST)
            .all(&self.read)
            .await
            .during("read what was before")
    }
}

macro_rules! revised {
    ($($row:ty: $kind:literal by $subject:ident),* $(,)?) => {$(
        impl Revised for $row {
            fn kind(&self) -> &str {
                $kind
            }
            fn organisation_id(&self) -> &str {
                &self.organisation_id
            }
            fn subject(&self) -> &str {
                &self.$subject
            }
            fn revision(&self) -> i32 {
                self.revision
            }
            fn changed_at(&self) -> i64 {
                self.changed_at
            }
            fn changed_by(&self) -> &str {
                &self.changed_by
            }
        }
    )*};
}

revised! {
    super::entity::register::risk::Model: "risk" by id,
    super::entity::plan::plan_action::Model: "action" by id,
    super::entity::standing::scenario_rating::Model: "scenario" by scenario,
}

impl Revised for super::entity::standing::organisation_document::Model {
    fn kind(&self) -> &str {
        &self.kind
    }
    fn organisation_id(&self) -> &str {
        &self.organisation_id
    }
    fn subject(&self) -> &str {
        &self.organisation_id
    }
    fn revision(&self) -> i32 {
        self.revision
    }
    fn changed_at(&self) -> i64 {
        self.changed_at
    }
    fn changed_by(&self) -> &str {
        &self.changed_by
    }
}
