//! Where organisations stand.

pub mod organisation_profile {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organisation_profile")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: String,
        pub size: String,
        pub ot: bool,
        pub nis2: String,
        pub gateways: bool,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod assessment {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assessment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        /// `ref_id` of the framework.
        pub framework: String,
        pub title: String,
        /// `self` or `audit`.
        pub kind: String,
        pub closed: bool,
        pub created_at: i64,
        pub created_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

macro_rules! answers {
    ($module:ident, $table:literal, $(#[$revision:meta])?) => {
        pub mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub assessment_id: String,
                /// Urn of the question, or of the node itself.
                #[sea_orm(primary_key, auto_increment = false)]
                pub subject: String,
                $(#[$revision])?
                pub revision: i32,
                pub node: String,
                pub choice: Option<String>,
                pub score: Option<i32>,
                pub words: Option<String>,
                pub not_applicable: Option<String>,
                pub comment: String,
                pub changed_at: i64,
                pub changed_by: String,
            }
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}
            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

// The one that counts, and every one before it.
answers!(answer, "answer",);
answers!(former_answer, "former_answer", #[sea_orm(primary_key, auto_increment = false)]);

pub mod respondent {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "respondent")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub assessment_id: String,
        /// Urn of the measure.
        #[sea_orm(primary_key, auto_increment = false)]
        pub node: String,
        pub who: String,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod scenario_rating {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize)]
    #[sea_orm(table_name = "scenario_rating")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scenario: String,
        pub revision: i32,
        pub picked: bool,
        pub gravity: i32,
        pub likelihood: i32,
        pub note: String,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod organisation_document {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize)]
    #[sea_orm(table_name = "organisation_document")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: String,
        /// `path` or `study`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        pub revision: i32,
        /// JSON.
        pub document: String,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
