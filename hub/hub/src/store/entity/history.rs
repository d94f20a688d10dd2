//! What gateways send: their devices and loads, series, chunks, latest values, events.

pub mod epoch {
    use sea_orm::entity::prelude::*;

    /// A history of a gateway: cursors and series numbers are unique within one.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "epoch")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        /// The gateway's name for it.
        pub identity: String,
        /// Highest cursor stored.
        pub acknowledged: i64,
        /// Highest event id stored.
        pub events_acknowledged: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod device {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "device")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod load {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "load")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub device_id: String,
        pub name: String,
        pub fluid: String,
        pub usage: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod series {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "series")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub epoch: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub load_id: String,
        pub kind: String,
        pub quantity: String,
        pub exponent: i32,
        pub period_ms: Option<i64>,
        pub rollover: Option<i64>,
        pub first_at: Option<i64>,
        pub last_at: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod chunk {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "chunk")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub epoch: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub cursor: i64,
        pub series_id: i64,
        pub first_at: i64,
        pub last_at: i64,
        pub count: i32,
        pub bytes: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod snapshot {
    use sea_orm::entity::prelude::*;

    /// The latest values of a gateway, as they came (CBOR of the link's message).
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "snapshot")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        pub at: i64,
        pub message: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gateway_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub epoch: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub at: i64,
        pub severity: String,
        pub code: String,
        /// JSON object of texts.
        pub params: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
