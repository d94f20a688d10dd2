//! Files carried to servers that nobody here wrote.

#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, missing_docs)]

mod ftp;
mod sftp;
mod stage;
mod web;
