//! What a gateway believes of a bundle, with a real supplier's keys.

mod refusals;
mod sealed;
mod stage;
