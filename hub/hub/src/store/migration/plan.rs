//! What organisations do next, and the labels that they hold.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, string, string_null, string_uniq, text, text_null};

pub(super) struct Plan;

impl MigrationName for Plan {
    fn name(&self) -> &str {
        "m0014_plan"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Plan {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut of = belongs_to("plan_action", "organisation_id", "organisation");
        let action = table("plan_action")
            .col(string("id").primary_key())
            .col(string("organisation_id"))
            .col(string_null("measure"))
            .col(string("title"))
            .col(string("owner"))
            .col(string_null("due"))
            .col(string("effort"))
            .col(big_integer_null("cost_eur"))
            .col(string("state"))
            .col(text("depends_on"))
            .col(text("note"))
            .col(integer("revision"))
            .col(big_integer("created_at"))
            .col(big_integer("changed_at"))
            .col(string("changed_by"))
            .foreign_key(of.on_delete(ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(action).await?;
        let mut of = belongs_to("label_award", "organisation_id", "organisation");
        let award = table("label_award")
            .col(string("id").primary_key())
            .col(string("organisation_id"))
            .col(string_uniq("code"))
            .col(string("grade"))
            .col(text("statement"))
            .col(string("signature"))
            .col(big_integer("issued_at"))
            .col(string("issued_by"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("withdrawn_at"))
            .col(text_null("withdrawn_because"))
            .foreign_key(of.on_delete(ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(award).await?;
        for (name, table) in [("action_by_organisation", "plan_action"), ("award_by_organisation", "label_award")] {
            let mut index = key(&["organisation_id"]);
            manager.create_index(index.name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
