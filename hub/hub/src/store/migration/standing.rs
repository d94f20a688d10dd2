//! Where organisations stand: profiles, assessments and their answers, ratings of scenarios, pictures of data paths.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, integer, integer_null, string, string_null, text, text_null};

pub(super) struct Standing;

impl MigrationName for Standing {
    fn name(&self) -> &str {
        "m0012_standing"
    }
}

fn of_organisation(name: &'static str) -> ForeignKeyCreateStatement {
    belongs_to(name, "organisation_id", "organisation").on_delete(ForeignKeyAction::Cascade).to_owned()
}

/// What an answer says; the same for the one that counts and for those before it.
fn answer(name: &'static str) -> TableCreateStatement {
    table(name)
        .col(string("assessment_id"))
        .col(string("subject"))
        .col(integer("revision"))
        .col(string("node"))
        .col(string_null("choice"))
        .col(integer_null("score"))
        .col(text_null("words"))
        .col(text_null("not_applicable"))
        .col(text("comment"))
        .col(big_integer("changed_at"))
        .col(string("changed_by"))
        .foreign_key(belongs_to(name, "assessment_id", "assessment").on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Standing {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            table("organisation_profile")
                .col(string("organisation_id").primary_key())
                .col(string("size"))
                .col(boolean("ot"))
                .col(string("nis2"))
                .col(boolean("gateways"))
                .col(big_integer("changed_at"))
                .col(string("changed_by"))
                .foreign_key(&mut of_organisation("organisation_profile"))
                .to_owned(),
            table("assessment")
                .col(string("id").primary_key())
                .col(string("organisation_id"))
                .col(string("framework"))
                .col(string("title"))
                .col(string("kind"))
                .col(boolean("closed"))
                .col(big_integer("created_at"))
                .col(string("created_by"))
                .foreign_key(&mut of_organisation("assessment"))
                .to_owned(),
            answer("answer").primary_key(&mut key(&["assessment_id", "subject"])).to_owned(),
            answer("former_answer").primary_key(&mut key(&["assessment_id", "subject", "revision"])).to_owned(),
            table("scenario_rating")
                .col(string("organisation_id"))
                .col(string("scenario"))
                .col(integer("revision"))
                .col(boolean("picked"))
                .col(integer("gravity"))
                .col(integer("likelihood"))
                .col(text("note"))
                .col(big_integer("changed_at"))
                .col(string("changed_by"))
                .primary_key(&mut key(&["organisation_id", "scenario"]))
                .foreign_key(&mut of_organisation("scenario_rating"))
                .to_owned(),
            table("data_path")
                .col(string("organisation_id").primary_key())
                .col(integer("revision"))
                .col(text("document"))
                .col(big_integer("changed_at"))
                .col(string("changed_by"))
                .foreign_key(&mut of_organisation("data_path"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let mut index = key(&["organisation_id"]);
        manager.create_index(index.name("assessment_by_organisation").table("assessment").to_owned()).await
    }
}
