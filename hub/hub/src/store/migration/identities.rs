//! Identities at providers, linked to accounts, and the provider by which a session was begun.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, string, string_null};

pub(super) struct Identities;

impl MigrationName for Identities {
    fn name(&self) -> &str {
        "m0020_identities"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Identities {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut provider = string_null("provider");
        manager.alter_table(Table::alter().table("session").add_column(&mut provider).to_owned()).await?;
        let identity = table("identity")
            .col(string("id").primary_key())
            .col(string("user_id"))
            .col(string("provider"))
            .col(string("issuer"))
            .col(string("subject"))
            .col(string("label"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(belongs_to("identity", "user_id", "user_account").on_delete(ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(identity).await?;
        // One identity opens one account.
        let mut one = key(&["issuer", "subject"]);
        manager.create_index(one.unique().name("identity_of_subject").table("identity").to_owned()).await?;
        let mut of = key(&["user_id"]);
        manager.create_index(of.name("identity_by_user").table("identity").to_owned()).await
    }
}
