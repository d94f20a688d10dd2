//! The work of audits: evidence, findings, what closing stated.

pub mod evidence {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub organisation_id: String,
        pub title: String,
        pub revision: i32,
        pub created_at: i64,
        pub created_by: String,
        pub changed_at: i64,
        pub changed_by: String,
        /// Its files are gone from then on; who had what is still known.
        pub removed_at: Option<i64>,
        pub removed_by: Option<String>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod evidence_version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub evidence_id: String,
        /// From 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub file_name: String,
        pub kind: String,
        /// 64 small hexadecimal digits.
        pub sha256: String,
        pub bytes: i64,
        pub note: String,
        /// A day, `2027-03-31`.
        pub valid_until: Option<String>,
        pub added_at: i64,
        pub added_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod evidence_link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence_link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub evidence_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub assessment_id: String,
        /// Short name of the measure.
        #[sea_orm(primary_key, auto_increment = false)]
        pub measure: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod finding {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub assessment_id: String,
        pub grade: String,
        /// `open`, `corrected` or `verified`.
        pub state: String,
        /// Everything that is said of it, JSON.
        pub document: String,
        pub revision: i32,
        pub created_at: i64,
        pub created_by: String,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod finding_change {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding_change")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub finding_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: i32,
        /// What was said of it from then on, JSON.
        pub document: String,
        pub changed_at: i64,
        pub changed_by: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod audit_closing {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_closing")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub assessment_id: String,
        pub closed_at: i64,
        pub closed_by: String,
        /// What was signed.
        pub statement: String,
        pub signature: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub mod closing_evidence {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "closing_evidence")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub assessment_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub evidence_id: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
