//! The hub: the community's platform for many sites.
//!
//! A library with a thin `main`, so that tests drive the very thing that ships. The hub never reaches into a plant: gateways call
//! it (`link_api`), people use its API (`api`), and both stand on one store (`store`).

pub mod api;
mod campaigns;
mod closing;
pub mod config;
mod days;
mod digest;
mod evidence;
mod fleet;
mod frameworks;
mod hub;
pub mod identity;
mod indicators;
mod labels;
mod link_api;
mod portal;
mod reach;
pub mod rights;
pub mod server;
mod shelf;
mod standing;
mod storage;
pub mod store;
