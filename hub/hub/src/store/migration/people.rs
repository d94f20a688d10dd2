//! People of organisations, and how they are invited.

use super::{belongs_to, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, string, string_null};

pub(super) struct People;

impl MigrationName for People {
    fn name(&self) -> &str {
        "m0013_people"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for People {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut organisation = string_null("organisation_id");
        manager.alter_table(Table::alter().table("user_account").add_column(&mut organisation).to_owned()).await?;
        let mut of = belongs_to("invitation", "organisation_id", "organisation");
        let invitation = table("invitation")
            .col(string("digest").primary_key())
            .col(string_null("organisation_id"))
            .col(string("profile"))
            .col(string("note"))
            .col(big_integer("created_at"))
            .col(string("created_by"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .col(string_null("used_by"))
            .foreign_key(of.on_delete(ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(invitation).await
    }
}
