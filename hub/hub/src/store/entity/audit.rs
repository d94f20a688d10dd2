//! Audit trails of gateways: how far each goes, and heads that prove it.

pub mod audit_trail {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_trail")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        pub log: String,
        pub public_key: String,
        pub seq: i64,
        pub hash: String,
        pub received_at: i64,
        /// When its first head came.
        pub begun_at: i64,
        pub contradiction: Option<String>,
        pub contradicted_at: Option<i64>,
        /// Number of the record that the contradicting head named.
        pub contradicted_seq: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod audit_head {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub received_at: i64,
        pub log: String,
        pub seq: i64,
        pub hash: String,
        pub sig: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
