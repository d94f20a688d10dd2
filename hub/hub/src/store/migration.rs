//! The schema, one migration per release that changes it. The same statements serve both engines.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean_null, double_null, integer, integer_null, string, string_uniq, text,
};

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m0001_first"
    }
}

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

fn key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(*column);
    }
    index
}

fn belongs_to(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(from, column).to(to, "id").to_owned()
}

fn people() -> Vec<TableCreateStatement> {
    vec![
        table("user_account")
            .col(string("id").primary_key())
            .col(string_uniq("name"))
            .col(string("profile"))
            .col(string("password_hash"))
            .to_owned(),
        table("session")
            .col(string("digest").primary_key())
            .col(string("user_id"))
            .col(string("user_name"))
            .col(string("profile"))
            .col(big_integer("created_at"))
            .col(big_integer("last_seen_at"))
            .foreign_key(&mut belongs_to("session", "user_id", "user_account"))
            .to_owned(),
        table("setting").col(string("name").primary_key()).col(text("value")).to_owned(),
    ]
}

fn fleet() -> Vec<TableCreateStatement> {
    vec![
        table("organisation").col(string("id").primary_key()).col(string("name")).col(string("kind")).to_owned(),
        table("site")
            .col(string("id").primary_key())
            .col(string("organisation_id"))
            .col(string("name"))
            .col(string("time_zone"))
            .col(string("country"))
            .foreign_key(&mut belongs_to("site", "organisation_id", "organisation"))
            .to_owned(),
        table("gateway")
            .col(string("id").primary_key())
            .col(string("site_id"))
            .col(string("name"))
            .col(string("state"))
            .col(big_integer("created_at"))
            .col(integer("epoch"))
            .foreign_key(&mut belongs_to("gateway", "site_id", "site"))
            .to_owned(),
        table("gateway_status")
            .col(string("gateway_id").primary_key())
            .col(big_integer("last_seen_at"))
            .col(string("version"))
            .col(boolean_null("clock_set"))
            .col(double_null("power_w"))
            .col(integer_null("online"))
            .col(integer_null("degraded"))
            .col(integer_null("offline"))
            .col(integer_null("never_seen"))
            .col(big_integer_null("backlog_chunks"))
            .col(big_integer_null("backlog_bytes"))
            .foreign_key(&mut belongs_to("gateway_status", "gateway_id", "gateway"))
            .to_owned(),
        table("enrolment")
            .col(string("digest").primary_key())
            .col(string("gateway_id"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .foreign_key(&mut belongs_to("enrolment", "gateway_id", "gateway"))
            .to_owned(),
        table("certificate")
            .col(string("serial").primary_key())
            .col(string("gateway_id"))
            .col(string("fingerprint"))
            .col(big_integer("not_after"))
            .col(big_integer("issued_at"))
            .col(big_integer_null("revoked_at"))
            .foreign_key(&mut belongs_to("certificate", "gateway_id", "gateway"))
            .to_owned(),
    ]
}

fn history() -> Vec<TableCreateStatement> {
    vec![
        table("epoch")
            .col(string("gateway_id"))
            .col(integer("number"))
            .col(string("identity"))
            .col(big_integer("acknowledged"))
            .col(big_integer("events_acknowledged"))
            .primary_key(&mut key(&["gateway_id", "number"]))
            .foreign_key(&mut belongs_to("epoch", "gateway_id", "gateway"))
            .to_owned(),
        table("device")
            .col(string("gateway_id"))
            .col(string("id"))
            .col(string("name"))
            .primary_key(&mut key(&["gateway_id", "id"]))
            .foreign_key(&mut belongs_to("device", "gateway_id", "gateway"))
            .to_owned(),
        table("load")
            .col(string("gateway_id"))
            .col(string("id"))
            .col(string("device_id"))
            .col(string("name"))
            .col(string("fluid"))
            .col(string("usage"))
            .primary_key(&mut key(&["gateway_id", "id"]))
            .foreign_key(&mut belongs_to("load", "gateway_id", "gateway"))
            .to_owned(),
        table("series")
            .col(string("gateway_id"))
            .col(integer("epoch"))
            .col(big_integer("id"))
            .col(string("load_id"))
            .col(string("kind"))
            .col(string("quantity"))
            .col(integer("exponent"))
            .col(big_integer_null("period_ms"))
            .col(big_integer_null("rollover"))
            .col(big_integer_null("first_at"))
            .col(big_integer_null("last_at"))
            .primary_key(&mut key(&["gateway_id", "epoch", "id"]))
            .foreign_key(&mut belongs_to("series", "gateway_id", "gateway"))
            .to_owned(),
        table("chunk")
            .col(string("gateway_id"))
            .col(integer("epoch"))
            .col(big_integer("cursor"))
            .col(big_integer("series_id"))
            .col(big_integer("first_at"))
            .col(big_integer("last_at"))
            .col(integer("count"))
            .col(blob("bytes"))
            .primary_key(&mut key(&["gateway_id", "epoch", "cursor"]))
            .foreign_key(&mut belongs_to("chunk", "gateway_id", "gateway"))
            .to_owned(),
        table("snapshot")
            .col(string("gateway_id").primary_key())
            .col(big_integer("at"))
            .col(blob("message"))
            .foreign_key(&mut belongs_to("snapshot", "gateway_id", "gateway"))
            .to_owned(),
        table("event")
            .col(string("gateway_id"))
            .col(integer("epoch"))
            .col(big_integer("id"))
            .col(big_integer("at"))
            .col(string("severity"))
            .col(string("code"))
            .col(text("params"))
            .primary_key(&mut key(&["gateway_id", "epoch", "id"]))
            .foreign_key(&mut belongs_to("event", "gateway_id", "gateway"))
            .to_owned(),
    ]
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in people().into_iter().chain(fleet()).chain(history()) {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            ("site_by_organisation", "site", &["organisation_id"] as &[&'static str]),
            ("gateway_by_site", "gateway", &["site_id"]),
            ("certificate_by_gateway", "certificate", &["gateway_id"]),
            ("enrolment_by_gateway", "enrolment", &["gateway_id"]),
            ("chunk_by_series", "chunk", &["gateway_id", "epoch", "series_id", "first_at"]),
        ] {
            let mut index = key(columns);
            manager.create_index(index.name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
