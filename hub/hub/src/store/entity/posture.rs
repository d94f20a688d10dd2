//! How gateways stand: the last report of each day, as it came.

pub mod gateway_posture {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "gateway_posture")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        /// Days since 1970-01-01, UTC.
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: i64,
        pub at: i64,
        pub received_at: i64,
        /// The report, JSON.
        pub report: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
