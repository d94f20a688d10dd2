//! Files that prove what an organisation declares: what is taken (`recognise`), under which name (`clean_name`), and where it is
//! kept ([`Files`]).
//!
//! A hub cannot tell whether a file does harm. So it takes only kinds that hold no program, tells them by their content and not by
//! their name, and never shows a file: it is only ever saved. Rejected: calling a virus scanner, since the hub is one binary that
//! needs nothing beside it, and a scanner's answer is only as good as its lists of yesterday.

mod files;
mod kind;
mod name;
mod office;

pub(crate) use files::{Files, FilesError, Incoming};
pub(crate) use kind::Kind;
use kind::{Refusal, recognise};
use name::clean_name;

/// Largest file, in bytes.
pub(crate) const MAX_FILE: u64 = 20 * 1024 * 1024;
