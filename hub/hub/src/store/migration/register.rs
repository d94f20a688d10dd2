//! Imported libraries, the risk register, what was before each change, where organisations stood day by day; API keys.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, string, string_null, string_uniq, text, text_null,
};

pub(super) struct Register;

impl MigrationName for Register {
    fn name(&self) -> &str {
        "m0017_register"
    }
}

fn of_organisation(name: &'static str) -> ForeignKeyCreateStatement {
    belongs_to(name, "organisation_id", "organisation").on_delete(ForeignKeyAction::Cascade).to_owned()
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Register {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            table("library")
                .col(string("id").primary_key())
                .col(string_uniq("urn"))
                .col(text("document"))
                .col(text_null("entitled_because"))
                .col(big_integer("imported_at"))
                .col(string("imported_by"))
                .to_owned(),
            table("risk")
                .col(string("id").primary_key())
                .col(string("organisation_id"))
                .col(string("title"))
                .col(text("description"))
                .col(string_null("scenario"))
                .col(string("owner"))
                .col(integer("gravity"))
                .col(integer("likelihood"))
                .col(text("treatment"))
                .col(text("actions"))
                .col(integer("review_months"))
                .col(string("reviewed_on"))
                .col(string("state"))
                .col(integer("revision"))
                .col(big_integer("created_at"))
                .col(big_integer("changed_at"))
                .col(string("changed_by"))
                .foreign_key(&mut of_organisation("risk"))
                .to_owned(),
            // What stood in a row before it was changed or removed.
            table("former")
                .col(string("organisation_id"))
                .col(string("kind"))
                .col(string("subject"))
                .col(integer("revision"))
                .col(text("document"))
                .col(big_integer("changed_at"))
                .col(string("changed_by"))
                .primary_key(&mut key(&["organisation_id", "kind", "subject", "revision"]))
                .foreign_key(&mut of_organisation("former"))
                .to_owned(),
            // What is drawn or written as a whole: the data path, a study.
            table("organisation_document")
                .col(string("organisation_id"))
                .col(string("kind"))
                .col(integer("revision"))
                .col(text("document"))
                .col(big_integer("changed_at"))
                .col(string("changed_by"))
                .primary_key(&mut key(&["organisation_id", "kind"]))
                .foreign_key(&mut of_organisation("organisation_document"))
                .to_owned(),
            table("api_key")
                .col(string("id").primary_key())
                .col(string_uniq("digest"))
                .col(string("user_id"))
                .col(string("name"))
                .col(boolean("may_change"))
                .col(big_integer("created_at"))
                .col(big_integer("expires_at"))
                .col(big_integer_null("last_used_at"))
                .foreign_key(belongs_to("api_key", "user_id", "user_account").on_delete(ForeignKeyAction::Cascade))
                .to_owned(),
            table("standing_day")
                .col(string("organisation_id"))
                .col(string("day"))
                .col(text("document"))
                .primary_key(&mut key(&["organisation_id", "day"]))
                .foreign_key(&mut of_organisation("standing_day"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let moved = "INSERT INTO organisation_document (organisation_id, kind, revision, document, changed_at, changed_by) \
                     SELECT organisation_id, 'path', revision, document, changed_at, changed_by FROM data_path";
        manager.get_connection().execute_unprepared(moved).await?;
        manager.drop_table(Table::drop().table("data_path").to_owned()).await?;
        let mut index = key(&["organisation_id"]);
        manager.create_index(index.name("risk_by_organisation").table("risk").to_owned()).await
    }
}
