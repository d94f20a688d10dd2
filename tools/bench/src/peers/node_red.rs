//! Node-RED with node-red-contrib-modbus: blocks of whole floats, read at the same pace and dropped.

use super::{Running, Task, free_port};
use haubert_testkit::tools_dir;
use serde_json::{Value, json};
use tokio::process::Command;

/// Registers of a request: 62 whole floats.
const LARGEST: usize = 124;

pub(super) fn start(task: &Task<'_>) -> Result<Running, String> {
    let home = tools_dir().join("bench/node-red");
    task.write("flows.json", &flows(task).to_string())?;
    let settings = task.write(
        "settings.js",
        &format!(
            "module.exports = {{ uiHost: '127.0.0.1', uiPort: {}, httpAdminRoot: false, httpNodeRoot: false, flowFile: 'flows.json', \
             telemetry: {{ enabled: false, updateNotification: false }}, logging: {{ console: {{ level: 'warn' }} }} }};\n",
            free_port()?
        ),
    )?;
    // It looks for nodes in the modules of its user's folder.
    std::os::unix::fs::symlink(home.join("node_modules"), task.dir.join("node_modules")).map_err(|error| error.to_string())?;
    let mut command = Command::new("node");
    command.arg(home.join("node_modules/node-red/red.js"));
    command.arg("--userDir").arg(task.dir).arg("--settings").arg(settings).current_dir(task.dir);
    Running::start(command, task.dir, "node-red", Vec::new())
}

/// A client for each bus, a reading node for each block of each device.
pub(super) fn flows(task: &Task<'_>) -> Value {
    let mut nodes = vec![json!({"id": "tab", "type": "tab", "label": "bench"})];
    nodes.extend(task.ports.iter().map(|port| {
        json!({"id": format!("c{port}"), "type": "modbus-client", "name": "", "clienttype": "tcp", "bufferCommands": true,
            "stateLogEnabled": false, "queueLogEnabled": false, "failureLogEnabled": true, "tcpHost": "127.0.0.1",
            "tcpPort": port.to_string(), "tcpType": "DEFAULT", "unit_id": 1, "commandDelay": 1, "clientTimeout": 1000,
            "reconnectOnTimeout": true, "reconnectTimeout": 2000, "parallelUnitIdsAllowed": true})
    }));
    let registers = task.layout.values_per_device() * 2;
    for (port, unit) in task.devices() {
        for from in (0..registers).step_by(LARGEST) {
            nodes.push(
                json!({"id": format!("r{port}-{unit}-{from}"), "type": "modbus-read", "z": "tab", "name": "", "topic": "",
                "showStatusActivities": false, "logIOActivities": false, "showErrors": false, "unitid": unit.to_string(),
                "dataType": "HoldingRegister", "adr": from.to_string(), "quantity": (registers - from).min(LARGEST).to_string(),
                "rate": task.period_ms.to_string(), "rateUnit": "ms", "delayOnStart": false, "startDelayTime": "",
                "server": format!("c{port}"), "useIOFile": false, "ioFile": "", "useIOForPayload": false, "emptyMsgOnFail": false,
                "wires": [[], []]}),
            );
        }
    }
    Value::Array(nodes)
}
