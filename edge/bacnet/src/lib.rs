//! What the gateway says by BACnet/IP: itself as a device, and the meters behind it as devices of a virtual network to which it is
//! the router (ADR 43).
//!
//! The protocol is written here, in the part that a server of values needs: Who-Is, Who-Has, ReadProperty, ReadPropertyMultiple,
//! ReadRange, SubscribeCOV, answers in segments, and registration of foreign devices. All of it is pure: a [`Station`] takes
//! datagrams and gives datagrams; [`serve`] puts it at a socket behind the firewall. Nothing can be written, and nothing is passed
//! on from one to another.
//!
//! Source: ANSI/ASHRAE 135-2012, by its clauses and annexes F (examples), H.7 (virtual networks), J (BACnet/IP).

mod answer;
mod counters;
mod cov;
mod foreign;
mod log;
mod membership;
mod model;
mod moment;
mod origin;
mod present;
mod probe;
mod properties;
mod search;
mod segments;
mod serve;
mod site;
mod station;
mod units;
mod wire;

pub use counters::{Asked, Counted, Counters, Talk};
pub use membership::Registration;
pub use model::Model;
pub use probe::{ProbeError, Probed, probe};
pub use serve::{Fetched, History, Running, Sources, serve};
pub use site::{Excerpt, Facts, Load, Meter, Record, Site, Trend};
pub use station::{Datagram, Fetch, Out, Shown, Station};
