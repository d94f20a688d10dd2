//! Imported libraries, the risk register, what was before each change, and where organisations stood day by day.

pub mod library {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "library")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        #[sea_orm(unique)]
        pub urn: String,
        /// As it was imported.
        pub document: String,
        /// Why it may be used, where it does not say so itself.
        pub entitled_because: Option<String>,
        pub imported_at: i64,
        pub imported_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod risk {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize)]
    #[sea_orm(table_name = "risk")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        pub title: String,
        pub description: String,
        /// A feared scenario, `FS-01`.
        pub scenario: Option<String>,
        pub owner: String,
        /// 1 to 4.
        pub gravity: i32,
        /// 1 to 4.
        pub likelihood: i32,
        /// JSON of `haubert_risk::register::Treatment`.
        pub treatment: String,
        /// Ids of actions, JSON.
        pub actions: String,
        pub review_months: i32,
        /// A day, `2027-03-31`.
        pub reviewed_on: String,
        /// `open` or `closed`.
        pub state: String,
        pub revision: i32,
        pub created_at: i64,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod former {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "former")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: String,
        /// Of which table.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: i32,
        /// The row, JSON.
        pub document: String,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod standing_day {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "standing_day")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: String,
        /// `2027-03-31`, UTC.
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: String,
        /// JSON of `crate::indicators::Day`.
        pub document: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
