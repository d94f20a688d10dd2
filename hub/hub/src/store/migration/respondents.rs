//! Who answers which measure of an assessment.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string};

pub(super) struct Respondents;

impl MigrationName for Respondents {
    fn name(&self) -> &str {
        "m0019_respondents"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Respondents {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = belongs_to("respondent", "assessment_id", "assessment");
        let respondent = table("respondent")
            .col(string("assessment_id"))
            .col(string("node"))
            .col(string("who"))
            .col(big_integer("changed_at"))
            .col(string("changed_by"))
            .primary_key(&mut key(&["assessment_id", "node"]))
            .foreign_key(owner.on_delete(ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(respondent).await
    }
}
