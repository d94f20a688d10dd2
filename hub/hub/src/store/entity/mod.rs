//! Tables as SeaORM sees them. Types are those that SQLite and PostgreSQL agree on: text ids, times in milliseconds as `i64`,
//! blobs; no function of one engine only.
#![allow(missing_docs, unreachable_pub)] // columns are named by what they hold; the derive decides visibility

pub mod audit;
pub mod audit_work;
pub mod campaigns;
pub mod fleet;
pub mod history;
pub mod inventory;
pub mod people;
pub mod plan;
pub mod posture;
pub mod register;
pub mod standing;
