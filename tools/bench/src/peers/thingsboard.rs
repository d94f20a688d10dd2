//! The ThingsBoard IoT gateway, publishing to a mosquitto of its own on loopback, which stands for the cloud.

use super::running::spawn;
use super::{Running, Task, free_port};
use haubert_testkit::tools_dir;
use serde_json::{Value, json};
use tokio::process::Command;

pub(super) fn start(task: &Task<'_>) -> Result<Running, String> {
    let port = free_port()?;
    let broker =
        task.write("mosquitto.conf", &format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"))?;
    let mut mosquitto = Command::new("/usr/sbin/mosquitto");
    let (mosquitto, _) = spawn(mosquitto.arg("-c").arg(broker), task.dir, "mosquitto")?;
    let folder = task.dir.join("config");
    std::fs::create_dir_all(folder.join("logs")).map_err(|error| error.to_string())?;
    std::fs::create_dir_all(task.dir.join("logs")).map_err(|error| error.to_string())?;
    task.write("config/tb_gateway.json", &gateway(port).to_string())?;
    task.write("config/modbus.json", &connector(task).to_string())?;
    task.write("config/logs.json", &logs().to_string())?;
    let mut command = Command::new(tools_dir().join("bench/thingsboard/bin/thingsboard-gateway"));
    command.env("TB_GW_CONFIG_DIR", &folder).env("TB_GW_LOGS_PATH", task.dir.join("logs")).current_dir(task.dir);
    Running::start(command, task.dir, "thingsboard", vec![mosquitto])
}

fn gateway(port: u16) -> Value {
    json!({
        "thingsboard": {
            "host": "127.0.0.1", "port": port, "remoteShell": false, "remoteConfiguration": false,
            "statistics": {"enable": false}, "deviceFiltering": {"enable": false},
            "security": {"type": "accessToken", "accessToken": "bench"}, "qos": 0,
            "reportStrategy": {"type": "ON_RECEIVED"},
            "checkingDeviceActivity": {"checkDeviceInactivity": false},
            "rateLimits": "0:0,", "dpRateLimits": "0:0,", "messagesRateLimits": "0:0,", "deviceMessagesRateLimits": "0:0,",
            "deviceRateLimits": "0:0,", "deviceDpRateLimits": "0:0,",
        },
        "storage": {"type": "memory", "read_records_count": 1000, "max_records_count": 100_000},
        "grpc": {"enabled": false},
        "connectors": [{"type": "modbus", "name": "bench", "configuration": "modbus.json"}],
    })
}

/// A slave for each device, a time series for each value.
pub(super) fn connector(task: &Task<'_>) -> Value {
    let series: Vec<Value> = (0..task.layout.values_per_device())
        .map(|value| json!({"tag": format!("v{value}"), "type": "32float", "functionCode": 3, "objectsCount": 2, "address": value * 2}))
        .collect();
    let slaves: Vec<Value> = task
        .devices()
        .map(|(port, unit)| {
            json!({"host": "127.0.0.1", "port": port, "type": "tcp", "method": "socket", "unitId": unit,
                "deviceName": format!("d{port}-{unit}"), "deviceType": "default", "timeout": 35, "byteOrder": "BIG", "wordOrder": "BIG",
                "retries": 3, "retryOnEmpty": true, "retryOnInvalid": true, "pollPeriod": task.period_ms,
                "connectAttemptTimeMs": 5000, "connectAttemptCount": 5, "waitAfterFailedAttemptsMs": 300_000,
                "attributes": [], "timeseries": series, "attributeUpdates": [], "rpc": []})
        })
        .collect();
    json!({"name": "bench", "logLevel": "ERROR", "master": {"slaves": slaves}})
}

/// Errors only: nobody should be slowed by his diary.
fn logs() -> Value {
    json!({
        "version": 1, "disable_existing_loggers": false,
        "formatters": {"plain": {"format": "%(levelname)s %(module)s %(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "level": "ERROR", "stream": "ext://sys.stdout"}},
        "loggers": {}, "root": {"level": "ERROR", "handlers": ["console"]},
    })
}
