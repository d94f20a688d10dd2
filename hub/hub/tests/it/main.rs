//! The hub as it ships: in this process over real TLS sockets, and as the real binary; its store on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods)]

mod access;
mod api;
mod audit;
mod binary;
mod documents;
mod inventory;
mod link;
mod oidc;
mod people;
mod postgres;
mod register;
mod report;
mod standing;
mod store;
mod support;
