//! From readings to history: what is kept ([`policy`]), when ([`recorder`], point by [`point`]), and by whom ([`writer`]).

mod desk;
mod point;
pub mod policy;
pub mod recorder;
pub mod sink;
pub mod writer;
