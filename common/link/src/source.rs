//! What a gateway gives to the link.

use crate::client::Credentials;
use crate::message::{Chunk, Hello, LinkEvent, Live, PostureReport, SeriesDeclaration};
use std::error::Error;
use std::future::Future;
use std::pin::Pin;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The gateway's own store failed.
#[derive(Debug, thiserror::Error)]
#[error("the gateway's store failed: {0}")]
pub struct SourceError(#[source] pub Box<dyn Error + Send + Sync>);

/// Where the link takes what it sends and leaves what it learns. Implemented by the gateway; each future may be dropped.
pub trait Source: Send + Sync {
    /// Who we are now.
    fn hello(&self) -> BoxFuture<'_, Result<Hello, SourceError>>;
    /// Every series of the historian, in id order.
    fn series(&self) -> BoxFuture<'_, Result<Vec<SeriesDeclaration>, SourceError>>;
    /// Sealed chunks with a cursor above `cursor`, in order: at least one if there is one, then no more than `limit_bytes`.
    fn chunks_after(&self, cursor: u64, limit_bytes: usize) -> BoxFuture<'_, Result<Vec<Chunk>, SourceError>>;
    /// Everything up to `cursor` is at the hub. Durable when it returns.
    fn chunks_acknowledged(&self, cursor: u64) -> BoxFuture<'_, Result<(), SourceError>>;
    /// The hub will never take the chunk at `cursor`; it stays in the gateway's own history.
    fn chunk_rejected(&self, cursor: u64, detail: &str) -> BoxFuture<'_, Result<(), SourceError>>;
    /// Events with an id above `id`, in order, at most `limit`.
    fn events_after(&self, id: u64, limit: usize) -> BoxFuture<'_, Result<Vec<LinkEvent>, SourceError>>;
    /// Events up to `id` are at the hub.
    fn events_acknowledged(&self, id: u64) -> BoxFuture<'_, Result<(), SourceError>>;
    /// The latest values.
    fn live(&self) -> BoxFuture<'_, Result<Live, SourceError>>;
    /// How the gateway stands, when that is known.
    fn posture(&self) -> BoxFuture<'_, Result<Option<PostureReport>, SourceError>>;
    /// Keep these in place of the present ones. Durable when it returns.
    fn renewed(&self, credentials: &Credentials) -> BoxFuture<'_, Result<(), SourceError>>;
}
