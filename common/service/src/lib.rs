//! What both binaries do at their rim: HTTPS, sessions, errors, static files, readiness, shutdown, the clock.
//!
//! It is one crate so that a fix in the part that faces the network is made once. Routes are declared through [`api::Api`],
//! which takes nothing without saying who may use it; everything that is not declared public needs a session.

pub mod access_rules;
pub mod api;
pub mod assets;
pub mod clock;
pub mod door;
pub mod extract;
pub mod files;
pub mod guard;
pub mod hardening;
pub mod headers;
pub mod https;
pub mod lockout;
pub mod logging;
pub mod passwords;
pub mod pending;
pub mod permission;
pub mod problem;
pub mod ready;
pub mod second_factor;
pub mod session;
pub mod shutdown;
pub mod sse;
pub mod throttle;
pub mod wire;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, for traits that are used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A store failed; what it said is kept for the log and never shown.
#[derive(Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(#[source] pub Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps what the store said.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
