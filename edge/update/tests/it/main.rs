//! The real launcher, with small programs in its slots.

mod kills;
mod launcher;
mod stage;
