//! Assets, zones and conduits of organisations, and the advisories that the community keeps.

use super::{belongs_to, key, table};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, double_null, integer, string, string_null, string_uniq, text};

pub(super) struct Inventory;

impl MigrationName for Inventory {
    fn name(&self) -> &str {
        "m0015_inventory"
    }
}

fn zone() -> TableCreateStatement {
    let mut of = belongs_to("zone", "organisation_id", "organisation");
    table("zone")
        .col(string("id").primary_key())
        .col(string("organisation_id"))
        .col(string("name"))
        .col(integer("target_level"))
        .col(text("purpose"))
        .col(integer("revision"))
        .col(big_integer("created_at"))
        .col(big_integer("changed_at"))
        .col(string("changed_by"))
        .foreign_key(of.on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

fn conduit() -> TableCreateStatement {
    let mut of = belongs_to("conduit", "organisation_id", "organisation");
    table("conduit")
        .col(string("id").primary_key())
        .col(string("organisation_id"))
        .col(string("name"))
        .col(string("from_zone_id"))
        .col(string("to_zone_id"))
        .col(string("direction"))
        .col(text("protocols"))
        .col(integer("target_level"))
        .col(text("note"))
        .col(integer("revision"))
        .col(big_integer("created_at"))
        .col(big_integer("changed_at"))
        .col(string("changed_by"))
        .foreign_key(of.on_delete(ForeignKeyAction::Cascade))
        .foreign_key(&mut belongs_to("conduit", "from_zone_id", "zone"))
        .foreign_key(&mut belongs_to("conduit", "to_zone_id", "zone"))
        .to_owned()
}

fn asset() -> TableCreateStatement {
    let mut of = belongs_to("asset", "organisation_id", "organisation");
    let mut at = belongs_to("asset", "site_id", "site");
    let mut within = belongs_to("asset", "zone_id", "zone");
    table("asset")
        .col(string("id").primary_key())
        .col(string("organisation_id"))
        .col(string("name"))
        .col(string("class"))
        .col(string_null("kind"))
        .col(string("owner"))
        .col(string_null("site_id"))
        .col(integer("criticality"))
        .col(string("make"))
        .col(string("model"))
        .col(string("version"))
        .col(string("serial"))
        .col(string("address"))
        .col(string_null("zone_id"))
        .col(text("note"))
        // A gateway that goes leaves its assets behind, so this is no foreign key.
        .col(string_null("gateway_id"))
        .col(string_null("device_id"))
        .col(string("told"))
        .col(big_integer_null("gone_at"))
        .col(integer("revision"))
        .col(big_integer("created_at"))
        .col(big_integer("changed_at"))
        .col(string("changed_by"))
        .foreign_key(of.on_delete(ForeignKeyAction::Cascade))
        .foreign_key(at.on_delete(ForeignKeyAction::SetNull))
        .foreign_key(within.on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

fn advisory() -> TableCreateStatement {
    table("advisory")
        .col(string("id").primary_key())
        .col(string_uniq("tracking"))
        .col(string("tracking_id"))
        .col(string("version"))
        .col(string("title"))
        .col(string("publisher"))
        .col(string("tlp"))
        .col(double_null("score"))
        .col(string_null("severity"))
        .col(big_integer("released_at"))
        .col(text("vendors"))
        .col(text("document"))
        .col(big_integer("added_at"))
        .col(string("added_by"))
        .to_owned()
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for Inventory {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [zone(), conduit(), asset(), advisory()] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            ("zone_by_organisation", "zone", &["organisation_id"] as &[&'static str]),
            ("conduit_by_organisation", "conduit", &["organisation_id"]),
            ("asset_by_organisation", "asset", &["organisation_id", "id"]),
            ("asset_by_zone", "asset", &["zone_id"]),
        ] {
            let mut index = key(columns);
            manager.create_index(index.name(name).table(table).to_owned()).await?;
        }
        // One asset for each device of a gateway; those of people have neither, and are as many as they like.
        let mut source = key(&["gateway_id", "device_id"]);
        manager.create_index(source.name("asset_by_source").table("asset").unique().to_owned()).await
    }
}
