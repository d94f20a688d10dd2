//! Assets, zones and conduits of organisations, and advisories.

pub mod asset {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "asset")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        pub name: String,
        /// One of the ten classes of the content.
        pub class: String,
        pub kind: Option<String>,
        pub owner: String,
        pub site_id: Option<String>,
        /// 1 to 4.
        pub criticality: i32,
        pub make: String,
        pub model: String,
        pub version: String,
        pub serial: String,
        pub address: String,
        pub zone_id: Option<String>,
        pub note: String,
        /// The gateway that brought it.
        pub gateway_id: Option<String>,
        /// Its id at that gateway; empty for the gateway itself.
        pub device_id: Option<String>,
        /// Fields that the gateway says, by their keys, with a space between.
        pub told: String,
        /// Since when the gateway no longer has it.
        pub gone_at: Option<i64>,
        pub revision: i32,
        pub created_at: i64,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod zone {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "zone")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        pub name: String,
        /// SL-T of IEC 62443-3-2, 0 to 4.
        pub target_level: i32,
        pub purpose: String,
        pub revision: i32,
        pub created_at: i64,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod conduit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "conduit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        pub name: String,
        pub from_zone_id: String,
        pub to_zone_id: String,
        /// `forward` or `both`.
        pub direction: String,
        /// Words, JSON.
        pub protocols: String,
        /// SL-T of IEC 62443-3-2, 0 to 4.
        pub target_level: i32,
        pub note: String,
        pub revision: i32,
        pub created_at: i64,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod advisory {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "advisory")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// Names the publisher and its advisory, through all of its versions.
        #[sea_orm(unique)]
        pub tracking: String,
        pub tracking_id: String,
        pub version: String,
        pub title: String,
        pub publisher: String,
        /// TLP 2.0 label; empty when it has none.
        pub tlp: String,
        /// Highest CVSS base score.
        pub score: Option<f64>,
        pub severity: Option<String>,
        pub released_at: i64,
        /// Makers that it speaks of, with a space between.
        pub vendors: String,
        /// CVEs that it speaks of, with a space between.
        pub cves: String,
        /// What is read of it, JSON.
        pub document: String,
        pub added_at: i64,
        pub added_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
