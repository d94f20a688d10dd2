//! The schema, one migration per release that changes it. The same statements serve both engines.

mod advisory_cves;
mod audit;
mod identities;
mod inventory;
mod people;
mod plan;
mod register;
mod respondents;
mod standing;

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, boolean_null, double_null, integer, integer_null, string, string_null,
    string_uniq, text,
};

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(First),
            Box::new(SecondFactors),
            Box::new(AccountLife),
            Box::new(AuditTrails),
            Box::new(Postures),
            Box::new(standing::Standing),
            Box::new(people::People),
            Box::new(plan::Plan),
            Box::new(inventory::Inventory),
            Box::new(audit::Audit),
            Box::new(register::Register),
            Box::new(respondents::Respondents),
            Box::new(identities::Identities),
            Box::new(advisory_cves::AdvisoryCves),
        ]
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

struct SecondFactors;

impl MigrationName for SecondFactors {
    fn name(&self) -> &str {
        "m0002_second_factors"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for SecondFactors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut account = belongs_to("second_factor", "user_id", "user_account");
        manager
            .create_table(
                table("second_factor")
                    .col(string("user_id").primary_key())
                    .col(text("document"))
                    .col(big_integer("revision"))
                    .foreign_key(account.on_delete(ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await
    }
}

struct AccountLife;

impl MigrationName for AccountLife {
    fn name(&self) -> &str {
        "m0003_account_life"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for AccountLife {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite adds no more.
        for (to, mut column) in [
            ("user_account", big_integer("password_changed_at").default(0).to_owned()),
            ("user_account", boolean("password_given").default(false).to_owned()),
            ("user_account", boolean("enabled").default(true).to_owned()),
            ("user_account", big_integer_null("last_sign_in_at")),
            ("session", string("source").default("").to_owned()),
            ("session", string("device").default("").to_owned()),
        ] {
            manager.alter_table(Table::alter().table(to).add_column(&mut column).to_owned()).await?;
        }
        let mut account = belongs_to("former_password", "user_id", "user_account");
        let former = table("former_password")
            .col(string("user_id"))
            .col(big_integer("until_at"))
            .col(string("password_hash"))
            .primary_key(&mut key(&["user_id", "until_at"]))
            .foreign_key(account.on_delete(ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(former).await?;
        manager.create_table(table("lockout").col(string("key").primary_key()).col(text("record")).to_owned()).await
    }
}

struct AuditTrails;

impl MigrationName for AuditTrails {
    fn name(&self) -> &str {
        "m0010_audit_trails"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for AuditTrails {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let trail = table("audit_trail")
            .col(string("gateway_id").primary_key())
            .col(string("log"))
            .col(string("public_key"))
            .col(big_integer("seq"))
            .col(string("hash"))
            .col(big_integer("received_at"))
            .col(big_integer("begun_at"))
            .col(string_null("contradiction"))
            .col(big_integer_null("contradicted_at"))
            .col(big_integer_null("contradicted_seq"))
            .foreign_key(&mut belongs_to("audit_trail", "gateway_id", "gateway"))
            .to_owned();
        manager.create_table(trail).await?;
        let head = table("audit_head")
            .col(string("gateway_id"))
            .col(big_integer("received_at"))
            .col(string("log"))
            .col(big_integer("seq"))
            .col(string("hash"))
            .col(string("sig"))
            .primary_key(&mut key(&["gateway_id", "received_at"]))
            .foreign_key(&mut belongs_to("audit_head", "gateway_id", "gateway"))
            .to_owned();
        manager.create_table(head).await
    }
}

struct Postures;

impl MigrationName for Postures {
    fn name(&self) -> &str {
        "m0011_postures"
    }
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Postures {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let posture = table("gateway_posture")
            .col(string("gateway_id"))
            .col(big_integer("day"))
            .col(big_integer("at"))
            .col(big_integer("received_at"))
            .col(text("report"))
            .primary_key(&mut key(&["gateway_id", "day"]))
            .foreign_key(&mut belongs_to("gateway_posture", "gateway_id", "gateway"))
            .to_owned();
        manager.create_table(posture).await
    }
}
