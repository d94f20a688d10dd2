//! What is remembered of LoRaWAN sensors: filled by the machine, and no configuration.

use super::{StoreError, stored};
use haubert_lorawan::{DevEui, Memory};
use rusqlite::{Transaction, params};
use std::collections::BTreeMap;

/// All of it. A line that cannot be read is as if it were not there: the sensor is soon heard again.
pub fn memories(tx: &Transaction<'_>) -> Result<BTreeMap<DevEui, Memory>, StoreError> {
    let mut statement = tx.prepare("select dev_eui, memory from lorawan_memory")?;
    let mut rows = statement.query([])?;
    let mut memories = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (eui, memory): (String, String) = (row.get(0)?, row.get(1)?);
        if let (Ok(eui), Ok(memory)) = (eui.parse(), serde_json::from_str(&memory)) {
            memories.insert(eui, memory);
        }
    }
    Ok(memories)
}

/// Keeps what has changed; `None` forgets.
pub fn keep(tx: &Transaction<'_>, changed: &[(DevEui, Option<Memory>)]) -> Result<(), StoreError> {
    for (eui, memory) in changed {
        match memory {
            Some(memory) => tx.execute(
                "insert into lorawan_memory (dev_eui, memory) values (?1, ?2)
                 on conflict (dev_eui) do update set memory = excluded.memory",
                params![eui.to_string(), stored("memory", serde_json::to_string(memory))?],
            )?,
            None => tx.execute("delete from lorawan_memory where dev_eui = ?1", [eui.to_string()])?,
        };
    }
    Ok(())
}
