//! The ready file: what a supervisor, the demo or a test waits for instead of a delay.

use serde::Serialize;
use std::io;
use std::path::Path;

/// Writes `{"pid": …, …fields}` to `path` at once. Call it when every listener is bound.
///
/// # Errors
/// What the system said.
pub fn write_ready(path: &Path, fields: &impl Serialize) -> io::Result<()> {
    let mut value = serde_json::to_value(fields).map_err(io::Error::other)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("pid".to_owned(), std::process::id().into());
    }
    let mut text = serde_json::to_vec_pretty(&value).map_err(io::Error::other)?;
    text.push(b'\n');
    crate::files::write_atomic(path, &text)
}
