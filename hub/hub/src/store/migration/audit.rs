//! The work of audits: evidence, findings, what closing stated, campaigns.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, string, string_null, text};

pub(super) struct Audit;

impl MigrationName for Audit {
    fn name(&self) -> &str {
        "m0016_audit"
    }
}

fn of(table: &'static str, column: &'static str, owner: &'static str) -> ForeignKeyCreateStatement {
    belongs_to(table, column, owner).on_delete(ForeignKeyAction::Cascade).to_owned()
}

fn evidence() -> Vec<TableCreateStatement> {
    vec![
        table("evidence")
            .col(string("id").primary_key())
            .col(string("organisation_id"))
            .col(string("title"))
            .col(integer("revision"))
            .col(big_integer("created_at"))
            .col(string("created_by"))
            .col(big_integer("changed_at"))
            .col(string("changed_by"))
            .col(big_integer_null("removed_at"))
            .col(string_null("removed_by"))
            .foreign_key(&mut of("evidence", "organisation_id", "organisation"))
            .to_owned(),
        table("evidence_version")
            .col(string("evidence_id"))
            .col(integer("number"))
            .col(string("file_name"))
            .col(string("kind"))
            .col(string("sha256"))
            .col(big_integer("bytes"))
            .col(text("note"))
            .col(string_null("valid_until"))
            .col(big_integer("added_at"))
            .col(string("added_by"))
            .primary_key(&mut key(&["evidence_id", "number"]))
            .foreign_key(&mut of("evidence_version", "evidence_id", "evidence"))
            .to_owned(),
        table("evidence_link")
            .col(string("evidence_id"))
            .col(string("assessment_id"))
            .col(string("measure"))
            .primary_key(&mut key(&["evidence_id", "assessment_id", "measure"]))
            .foreign_key(&mut of("evidence_link", "evidence_id", "evidence"))
            .foreign_key(&mut of("evidence_link", "assessment_id", "assessment"))
            .to_owned(),
    ]
}

fn findings() -> Vec<TableCreateStatement> {
    vec![
        table("finding")
            .col(string("id").primary_key())
            .col(string("assessment_id"))
            .col(string("grade"))
            .col(string("state"))
            .col(text("document"))
            .col(integer("revision"))
            .col(big_integer("created_at"))
            .col(string("created_by"))
            .col(big_integer("changed_at"))
            .col(string("changed_by"))
            .foreign_key(&mut of("finding", "assessment_id", "assessment"))
            .to_owned(),
        table("finding_change")
            .col(string("finding_id"))
            .col(integer("revision"))
            .col(text("document"))
            .col(big_integer("changed_at"))
            .col(string("changed_by"))
            .primary_key(&mut key(&["finding_id", "revision"]))
            .foreign_key(&mut of("finding_change", "finding_id", "finding"))
            .to_owned(),
    ]
}

fn closings() -> Vec<TableCreateStatement> {
    vec![
        table("audit_closing")
            .col(string("assessment_id").primary_key())
            .col(big_integer("closed_at"))
            .col(string("closed_by"))
            .col(text("statement"))
            .col(string("signature"))
            .foreign_key(&mut of("audit_closing", "assessment_id", "assessment"))
            .to_owned(),
        table("closing_evidence")
            .col(string("assessment_id"))
            .col(string("evidence_id"))
            .primary_key(&mut key(&["assessment_id", "evidence_id"]))
            .foreign_key(&mut of("closing_evidence", "assessment_id", "assessment"))
            .foreign_key(&mut of("closing_evidence", "evidence_id", "evidence"))
            .to_owned(),
    ]
}

fn campaigns() -> Vec<TableCreateStatement> {
    vec![
        table("campaign")
            .col(string("id").primary_key())
            .col(string("title"))
            .col(string("framework"))
            .col(string("from_day"))
            .col(string("until_day"))
            .col(text("message"))
            .col(integer("revision"))
            .col(big_integer("created_at"))
            .col(string("created_by"))
            .col(big_integer("changed_at"))
            .col(string("changed_by"))
            .col(big_integer_null("closed_at"))
            .col(string_null("closed_by"))
            .to_owned(),
        table("campaign_organisation")
            .col(string("campaign_id"))
            .col(string("organisation_id"))
            .col(string_null("assessment_id"))
            .primary_key(&mut key(&["campaign_id", "organisation_id"]))
            .foreign_key(&mut of("campaign_organisation", "campaign_id", "campaign"))
            .foreign_key(&mut of("campaign_organisation", "organisation_id", "organisation"))
            .to_owned(),
    ]
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Audit {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [evidence(), findings(), closings(), campaigns()].into_iter().flatten() {
            manager.create_table(table).await?;
        }
        for (name, table, column) in [
            ("evidence_by_organisation", "evidence", "organisation_id"),
            ("finding_by_assessment", "finding", "assessment_id"),
            ("campaign_by_organisation", "campaign_organisation", "organisation_id"),
            ("closing_by_evidence", "closing_evidence", "evidence_id"),
        ] {
            let mut index = key(&[column]);
            manager.create_index(index.name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
