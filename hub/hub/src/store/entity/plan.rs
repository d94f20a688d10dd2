//! What organisations do next, and the labels that they hold.

pub mod plan_action {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize)]
    #[sea_orm(table_name = "plan_action")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        pub measure: Option<String>,
        pub title: String,
        pub owner: String,
        /// A day, `2027-03-31`.
        pub due: Option<String>,
        pub effort: String,
        pub cost_eur: Option<i64>,
        /// `todo`, `doing`, `done` or `dropped`.
        pub state: String,
        /// Ids of actions, JSON.
        pub depends_on: String,
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

pub mod label_award {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "label_award")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        /// What the public asks by.
        #[sea_orm(unique)]
        pub code: String,
        pub grade: String,
        /// What was signed.
        pub statement: String,
        pub signature: String,
        pub issued_at: i64,
        pub issued_by: String,
        pub expires_at: i64,
        pub withdrawn_at: Option<i64>,
        pub withdrawn_because: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
