//! The gateway from outside its modules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod committed;
mod golden_backup;
mod hot_path;
mod provisioning;
mod recorder;
