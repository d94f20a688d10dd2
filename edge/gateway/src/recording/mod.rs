//! From readings to history: what is kept ([`policy`]), when ([`recorder`]), and by whom ([`writer`]).

pub mod policy;
pub mod recorder;
pub mod writer;
