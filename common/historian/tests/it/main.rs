//! The historian as its users see it: one binary, one module per subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod codec;
mod compaction;
mod concurrency;
mod crash;
mod damage;
mod disk_full;
mod encryption;
mod golden;
mod golden_file;
mod related;
mod retention;
mod store;
mod support;
