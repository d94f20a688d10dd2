//! The hub: the community's platform for many sites.
//!
//! A library with a thin `main`, so that tests drive the very thing that ships.

pub mod store;
