//! What a LoRaWAN network server tells of its sensors, and what is remembered of each.
//!
//! Pure: topics and bytes in, [`Event`]s out ([`event`]); uplinks and times in, what they say of a sensor out ([`Memory`]: repetitions,
//! lost uplinks, silence, battery, reception). What the payload means is not decided here but by the decoders of `haubert-content`.
//!
//! Source: ChirpStack v4, `api/proto/integration/integration.proto` and `api/proto/gw/gw.proto`, in their JSON mapping.

mod dev_eui;
pub mod event;
mod frames;
mod memory;
mod rhythm;

pub use dev_eui::{DevEui, NotADevEui};
pub use event::{Event, EventKind, Fault, MAX_EVENT_BYTES, MAX_PAYLOAD_BYTES, Reception, Status, Topic, Uplink, filter};
pub use frames::{Frames, Seen};
pub use memory::Memory;
pub use rhythm::{Rhythm, SILENT_AFTER};
