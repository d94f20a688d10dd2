//! The historian: compressed time series in one encrypted file.
//!
//! A *series* is a load's quantity recorded in one manner. Its samples are scaled integers (`raw × 10^exponent`), because
//! meters send scaled integers and integers compress eight times better than the floats made of them. New samples go to
//! a *journal* (one row per batch, durable when [`Store::append`] returns) and are later *sealed* into [`chunk`]s. A
//! chunk is a file of its own: the same bytes are stored at the edge, travel to the hub and are stored there. Long ones are kept
//! smaller beside others of their load, and travel by themselves all the same.
//!
//! Everything but [`store`] is pure: bytes, samples and times come in as arguments.

mod batch;
pub mod chunk;
pub mod counter;
pub mod deadband;
pub mod downsample;
pub mod load_curve;
pub mod rollup;
mod sample;
pub mod store;
mod varint;

pub use sample::{Sample, SeriesSpec};
pub use store::{
    Backlog, ChunkRow, Compacted, Key, KindStats, Preview, Reader, RepairReport, RetentionPolicy, Retired, SealPolicy, Sealed,
    SeriesInfo, Stats, Store, StoreError, repair,
};
