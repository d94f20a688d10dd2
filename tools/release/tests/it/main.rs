//! The release tool as a person uses it, and the lists it makes.

mod command_line;
mod lists;
