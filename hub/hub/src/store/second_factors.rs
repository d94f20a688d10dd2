//! Second factors in the store, as the shared door asks for them. The documents come sealed: neither engine is encrypted.

use super::entity::people::second_factor;
use super::{During as _, Store, StoreError, stored};
use haubert_model::{Secret, UserId};
use haubert_service::second_factor::{FactorRow, FactorStore};
use haubert_service::{BoxFuture, StoreError as ServiceError};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, TryInsertResult};

impl Store {
    async fn replace_factors(&self, user: UserId, document: Option<Secret>, expected: Option<i64>) -> Result<bool, StoreError> {
        const DOING: &str = "keep second factors";
        let user_id = user.to_string();
        let document = match (document, expected) {
            (Some(document), _) => document.expose().to_owned(),
            (None, None) => return Ok(true),
            (None, Some(revision)) => {
                let removed = second_factor::Entity::delete_many()
                    .filter(second_factor::Column::UserId.eq(user_id))
                    .filter(second_factor::Column::Revision.eq(revision))
                    .exec(&self.write)
                    .await
                    .during(DOING)?;
                return Ok(removed.rows_affected == 1);
            }
        };
        if let Some(revision) = expected {
            let changed = second_factor::Entity::update_many()
                .col_expr(second_factor::Column::Document, Expr::value(document))
                .col_expr(second_factor::Column::Revision, Expr::value(revision + 1))
                .filter(second_factor::Column::UserId.eq(user_id))
                .filter(second_factor::Column::Revision.eq(revision))
                .exec(&self.write)
                .await
                .during(DOING)?;
            return Ok(changed.rows_affected == 1);
        }
        let row = second_factor::ActiveModel { user_id: Set(user_id), document: Set(document), revision: Set(1) };
        let inserted = second_factor::Entity::insert(row)
            .on_conflict(OnConflict::column(second_factor::Column::UserId).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(&self.write)
            .await
            .during(DOING)?;
        Ok(matches!(inserted, TryInsertResult::Inserted(1)))
    }
}

impl FactorStore for Store {
    fn load(&self, user: UserId) -> BoxFuture<'_, Result<Option<FactorRow>, ServiceError>> {
        Box::pin(async move {
            let found = second_factor::Entity::find_by_id(user.to_string()).one(&self.read).await;
            Ok(found.during("read second factors")?.map(row))
        })
    }

    fn replace(
        &self,
        user: UserId,
        document: Option<Secret>,
        expected: Option<i64>,
    ) -> BoxFuture<'_, Result<bool, ServiceError>> {
        Box::pin(async move { Ok(self.replace_factors(user, document, expected).await?) })
    }

    fn load_all(&self) -> BoxFuture<'_, Result<Vec<(UserId, FactorRow)>, ServiceError>> {
        Box::pin(async move {
            let found = second_factor::Entity::find().all(&self.read).await.during("read second factors")?;
            Ok(found
                .into_iter()
                .map(|model| Ok((stored("user id", &model.user_id)?, row(model))))
                .collect::<Result<Vec<_>, StoreError>>()?)
        })
    }
}

fn row(model: second_factor::Model) -> FactorRow {
    FactorRow { document: Secret::new(model.document), revision: model.revision }
}
