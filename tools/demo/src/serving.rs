//! The gateway's outlets at work: the Modbus TCP server with a control room that reads it.

use crate::say;
use haubert_testkit::{Api, bin_dir, policy};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Units that the control room watches.
const WATCHED: usize = 6;

/// Switches the Modbus TCP server on, and starts a control room that reads the gateway and its first devices; it ends when
/// dropped.
pub(crate) async fn begin(gateway: &Api, security: &Api, dir: &Path) -> Result<Child, String> {
    policy::switch(security, "modbus_server", true).await?;
    let server = gateway.put("/outlets/modbus", json!({"enabled": true, "route": true, "units": []})).await?;
    let units = server.get("units").and_then(Value::as_array).into_iter().flatten();
    let units: Vec<u64> = units.filter_map(|unit| unit.get("unit")?.as_u64()).take(WATCHED).collect();
    let open = || async {
        let server: Value = gateway.get("/outlets/modbus").await.ok()?;
        let text = |name: &str| Some(server.get(name)?.as_str()?.to_owned());
        text("address").filter(|_| text("state").as_deref() == Some("open"))
    };
    let address = haubert_testkit::until("the Modbus server is open", Duration::from_secs(30), open)
        .await
        .map_err(|error| error.to_string())?;
    let mut arguments = vec!["control-room".to_owned(), "--server".to_owned(), address.clone()];
    // The gateway's own registers, and the voltages where many of these meters have them.
    arguments.extend(["--read".to_owned(), "255:0:10".to_owned(), "--read".to_owned(), "255:256:100".to_owned()]);
    for unit in units {
        arguments.extend(["--read".to_owned(), format!("{unit}:50520:12")]);
    }
    let room = Command::new(bin_dir().join("haubert-plant"))
        .current_dir(dir)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("start haubert-plant control-room: {error}"))?;
    say(&format!("  a control room reads {address} by Modbus TCP: see Outlets › Modbus TCP server"));
    Ok(room)
}
