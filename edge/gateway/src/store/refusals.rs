//! What devices refused to answer, as their buses remember it.

use super::StoreError;
use haubert_fieldbus::Refusals;
use haubert_model::DeviceId;
use rusqlite::{Transaction, params};

/// All that is kept. What cannot be understood is left out: the device is asked once more.
pub fn load_all(tx: &Transaction<'_>) -> Result<Vec<(DeviceId, Refusals)>, StoreError> {
    let mut statement = tx.prepare("select device_id, refusals from refusal")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut all = Vec::new();
    for row in rows {
        let (device, refusals) = row?;
        all.extend(device.parse().ok().zip(serde_json::from_str(&refusals).ok()));
    }
    Ok(all)
}

/// Replaces what is kept of a device; nothing is kept of one that is no more.
pub fn put(tx: &Transaction<'_>, device: DeviceId, refusals: Option<&Refusals>) -> Result<(), StoreError> {
    let device = device.to_string();
    match refusals {
        Some(refusals) => {
            let refusals = super::stored("refusals", serde_json::to_string(refusals))?;
            tx.execute(
                "insert or replace into refusal (device_id, refusals) select id, ?2 from device where id = ?1",
                params![device, refusals],
            )?;
        }
        None => {
            tx.execute("delete from refusal where device_id = ?1", [device])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;
    use haubert_fieldbus::Memory;
    use serde_json::json;

    #[test]
    fn what_is_kept_is_loaded_and_goes_with_its_device() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.db");
        let key = haubert_trust::Key::random().unwrap();
        let (device, stranger) = (DeviceId(uuid::Uuid::from_u128(1)), DeviceId(uuid::Uuid::from_u128(2)));
        let refused: Refusals = serde_json::from_value(json!({
            "layout": u64::MAX, "ranges": [{"function": 3, "start": 10, "count": 2, "since": 5}],
            "one_request_per_value": true, "believed_until": 9
        }))
        .unwrap();
        {
            let db = Db::open(&path, &key).unwrap();
            let keep = |tx: &Transaction<'_>| {
                tx.execute_batch(&format!(
                    "insert into bus values ('b', 'b', '{{}}', 1, 1, 1, '{{}}');
                     insert into device (id, bus_id, name, unit, profile_id, base, identity, channels, enabled, reading)
                       values ('{device}', 'b', 'd', 1, 'p', null, '{{}}', 1, 1, '{{}}');"
                ))?;
                put(tx, device, None)?;
                put(tx, device, Some(&refused))?;
                put(tx, device, Some(&refused))?;
                // It was taken away meanwhile.
                put(tx, stranger, Some(&refused))
            };
            db.call_blocking(keep).unwrap();
        }
        let db = Db::open(&path, &key).unwrap();
        let kept = db.call_blocking(load_all).unwrap();
        assert_eq!(kept, [(device, refused)]);
        assert_eq!(Memory::new(kept).take_changes(), []);
        db.call_blocking(|tx| Ok(tx.execute("update refusal set refusals = '?'", [])?)).unwrap();
        assert_eq!(db.call_blocking(load_all).unwrap(), []);
        db.call_blocking(|tx| Ok(tx.execute("delete from device", [])?)).unwrap();
        let left: i64 = db.call_blocking(|tx| Ok(tx.query_row("select count(*) from refusal", [], |row| row.get(0))?)).unwrap();
        assert_eq!(left, 0);
    }
}
