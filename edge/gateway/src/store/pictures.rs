//! Pictures of the site. Images lie in a table of their own, so that moving a value on one does not write the image again.

use super::{StoreError, one_row, stored};
use crate::pictures::{Image, MAX_PICTURES, Place};
use crate::store::documents::DocumentId;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// A picture without its image.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Identity.
    pub id: DocumentId,
    /// Shown name.
    pub name: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Values on it.
    pub places: Vec<Place>,
}

const COLUMNS: &str = "id, name, width, height, places";

fn picture(row: &Row<'_>) -> Result<Picture, StoreError> {
    let (id, places): (String, String) = (row.get(0)?, row.get(4)?);
    Ok(Picture {
        id: DocumentId(stored("picture", id.parse())?),
        name: row.get(1)?,
        width: row.get(2)?,
        height: row.get(3)?,
        places: stored("places", serde_json::from_str(&places))?,
    })
}

/// All pictures, by name.
///
/// # Errors
/// When the store fails.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<Picture>, StoreError> {
    let mut statement = tx.prepare(&format!("select {COLUMNS} from picture order by name collate nocase, id"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(picture(row)?);
    }
    Ok(found)
}

/// Keeps a new picture without values.
///
/// # Errors
/// `Conflict` when there are too many; when the store fails.
pub fn add(tx: &Transaction<'_>, id: DocumentId, name: &str, image: Image, bytes: &[u8]) -> Result<(), StoreError> {
    let count: i64 = tx.query_row("select count(*) from picture", [], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= MAX_PICTURES {
        return Err(StoreError::Conflict("there are as many pictures as there can be: delete one"));
    }
    let id = id.to_string();
    tx.execute(
        "insert into picture (id, name, mime, width, height, places) values (?1, ?2, ?3, ?4, ?5, '[]')",
        params![id, name, image.kind.mime(), image.width, image.height],
    )?;
    tx.execute("insert into picture_image (picture_id, image) values (?1, ?2)", params![id, bytes])?;
    Ok(())
}

/// Renames a picture and places its values; gives it back.
///
/// # Errors
/// `NotFound`; when the store fails.
pub fn change(tx: &Transaction<'_>, id: DocumentId, name: &str, places: &[Place]) -> Result<Picture, StoreError> {
    let text = stored("places", serde_json::to_string(places))?;
    one_row(tx.execute("update picture set name = ?2, places = ?3 where id = ?1", params![id.to_string(), name, text])?)?;
    let mut statement = tx.prepare(&format!("select {COLUMNS} from picture where id = ?1"))?;
    let mut rows = statement.query([id.to_string()])?;
    rows.next()?.map_or(Err(StoreError::NotFound), picture)
}

/// Deletes a picture with its image.
///
/// # Errors
/// `NotFound`; when the store fails.
pub fn remove(tx: &Transaction<'_>, id: DocumentId) -> Result<(), StoreError> {
    one_row(tx.execute("delete from picture where id = ?1", [id.to_string()])?)
}

/// Media type and bytes of an image.
///
/// # Errors
/// `NotFound`; when the store fails.
pub fn image(tx: &Transaction<'_>, id: DocumentId) -> Result<(String, Vec<u8>), StoreError> {
    let sql = "select mime, image from picture join picture_image on picture_id = id where id = ?1";
    tx.query_row(sql, [id.to_string()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.ok_or(StoreError::NotFound)
}
