//! The other outlets at work, each with a real client at the other end: a broker and a subscriber, a mail server, a file
//! server, a collector, an SNMP manager, a BACnet client.
//!
//! Their passwords are drawn anew each time, and each part is left out where its program is not installed.

use crate::{password, say};
use haubert_testkit::bacnet::bacpypes;
use haubert_testkit::file_servers::{Brand, FileServer};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::mail::MailServer;
use haubert_testkit::mosquitto::{Broker, Mosquitto};
use haubert_testkit::snmp::{Manager, User};
use haubert_testkit::webhooks::{Keys, Receiver};
use haubert_testkit::{Api, policy, tools_dir, until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

const SOON: Duration = Duration::from_secs(30);
/// Time between two walks of the manager.
const WALK: Duration = Duration::from_secs(10);
/// A user name for all of them.
const USER: &str = "gateway";

/// What works as long as this is kept.
pub(crate) struct Peers {
    _broker: Option<(Mosquitto, Child)>,
    _files: Option<FileServer>,
    _tasks: JoinSet<()>,
}

/// Switches the outlets on, each with somebody at the other end; what they get is written down in `dir`.
pub(crate) async fn begin(gateway: &Api, security: &Api, dir: &Path) -> Result<Peers, String> {
    let mut tasks = JoinSet::new();
    let broker = mqtt(gateway, security, &folder(dir, "broker")?).await?;
    mail(gateway, security, &folder(dir, "mail")?, &mut tasks).await?;
    let files = files(gateway, security, &folder(dir, "files")?).await?;
    push(gateway, security, &folder(dir, "push")?, &mut tasks).await?;
    snmp(gateway, security, dir, &mut tasks).await?;
    bacnet(gateway, security, dir, &mut tasks).await?;
    Ok(Peers { _broker: broker, _files: files, _tasks: tasks })
}

fn folder(dir: &Path, name: &str) -> Result<PathBuf, String> {
    let dir = dir.join(name);
    std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    Ok(dir)
}

fn is_installed(programs: &[&str]) -> bool {
    programs.iter().all(|program| Path::new(program).exists())
}

/// Settings as they are, with `change` over them.
async fn changed(gateway: &Api, path: &str, change: Value) -> Result<Value, String> {
    let mut settings = gateway.get(path).await?.get("settings").cloned().unwrap_or_default();
    if let (Value::Object(settings), Value::Object(change)) = (&mut settings, change) {
        settings.extend(change);
    }
    Ok(settings)
}

async fn mqtt(gateway: &Api, security: &Api, dir: &Path) -> Result<Option<(Mosquitto, Child)>, String> {
    if !is_installed(&["/usr/sbin/mosquitto", "/usr/bin/mosquitto_sub"]) {
        return Ok(None);
    }
    let forge = Forge::new(dir).map_err(|error| error.to_string())?;
    let password = password();
    let broker = Broker { login: (USER, &password), ..Broker::GOOD };
    let broker = broker.start(dir, &forge).await.map_err(|error| error.to_string())?;
    let authority = forge.authority_pem().map_err(|error| error.to_string())?;
    security.post("/certificates/trust/mqtt/authorities", json!({"pem": authority})).await?;
    policy::switch(security, "mqtt", true).await?;
    let wanted = json!({"enabled": true, "host": "127.0.0.1", "port": broker.port, "user": USER, "prefix": "port/terminal"});
    let settings = changed(gateway, "/outlets/mqtt", wanted).await?;
    gateway.put("/outlets/mqtt", json!({"settings": settings, "password": password})).await?;
    let log = dir.join("received.txt");
    let file = std::fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let subscriber = Command::new("/usr/bin/mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &broker.port.to_string(), "-u", USER, "-P", &password, "-v", "-t", "port/terminal/#"])
        .arg("--cafile")
        .arg(dir.join("ca.pem"))
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("start mosquitto_sub: {error}"))?;
    say(&format!("  measurements go to mosquitto by MQTT over TLS; a subscriber writes them to {}", log.display()));
    Ok(Some((broker, subscriber)))
}

async fn mail(gateway: &Api, security: &Api, dir: &Path, tasks: &mut JoinSet<()>) -> Result<(), String> {
    if !tools_dir().join("venv/bin/aiosmtpd").exists() {
        return Ok(());
    }
    let forge = Forge::new(dir).map_err(|error| error.to_string())?;
    let password = password();
    let server =
        MailServer::known((USER, &password), dir, &forge, Flaw::None, "tls", &[]).await.map_err(|error| error.to_string())?;
    let authority = forge.authority_pem().map_err(|error| error.to_string())?;
    security.post("/certificates/trust/mail/authorities", json!({"pem": authority})).await?;
    policy::switch(security, "mail", true).await?;
    let reader = |address: &str, language: &str, alarms: Value, report: &str| json!({"address": address, "language": language, "alarms": alarms, "expiries": true, "report": report});
    let readers = [
        reader("watch@terminal.example", "fr", json!("information"), "never"),
        reader("energy@terminal.example", "en", Value::Null, "weekly"),
    ];
    let wanted = json!({
        "enabled": true, "host": "127.0.0.1", "port": server.port, "security": "tls", "user": USER,
        "from": "gateway@terminal.example", "gather_seconds": 10, "readers": readers,
    });
    let settings = changed(gateway, "/outlets/mail", wanted).await?;
    gateway.put("/outlets/mail", json!({"settings": settings, "password": password})).await?;
    let log = dir.join("letters.txt");
    say(&format!("  alarms go to a mail server over TLS; it writes the letters to {}", log.display()));
    tasks.spawn(async move {
        if let Err(error) = server.write_down(&log).await {
            say(&format!("  letters are no longer written down: {error}"));
        }
    });
    Ok(())
}

async fn files(gateway: &Api, security: &Api, dir: &Path) -> Result<Option<FileServer>, String> {
    if !tools_dir().join("venv/lib").exists() {
        return Ok(None);
    }
    let forge = Forge::new(dir).map_err(|error| error.to_string())?;
    let password = password();
    let server =
        FileServer::known(&password, Brand::AsyncSsh, dir, &forge, Flaw::None, "").await.map_err(|error| error.to_string())?;
    policy::switch(security, "file_export", true).await?;
    let export = |name: &str, format: &str, measured: &[&str], pattern: &str| json!({"name": name, "measured": measured, "format": format, "every": "hour", "wait_minutes": 1, "pattern": pattern});
    let exports = [
        export("trends", "csv_wide", &["trends"], "{site}_{export}_{from}"),
        export("energy", "csv_standard", &["indexes", "load_curves"], "{site}_{device}_{export}_{from}"),
        export("archive", "parquet", &["indexes", "load_curves", "trends"], "{site}_{export}_{from}"),
    ];
    let wanted = json!({
        "enabled": true, "protocol": "sftp", "host": "127.0.0.1", "port": server.port, "user": server.user,
        "host_key": server.host_key, "folder": "terminal", "exports": exports,
    });
    let settings = changed(gateway, "/outlets/files", wanted).await?;
    gateway.put("/outlets/files", json!({"settings": settings, "password": password})).await?;
    let from = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3);
    for export in ["trends", "energy", "archive"] {
        gateway.post("/outlets/files/again", json!({"export": export, "from": from.to_string()})).await?;
    }
    say(&format!("  measurements go to an SFTP server as files; it keeps them in {}", server.files.display()));
    Ok(Some(server))
}

async fn push(gateway: &Api, security: &Api, dir: &Path, tasks: &mut JoinSet<()>) -> Result<(), String> {
    if !tools_dir().join("venv/lib").exists() {
        return Ok(());
    }
    let forge = Forge::new(dir).map_err(|error| error.to_string())?;
    let made = gateway.post("/outlets/push/keys", json!({})).await?;
    let text = |field: &str| made.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let keys = Keys { secret: text("secret"), public_key: text("public_key") };
    let token = password();
    let receiver = Receiver::known(&token, dir, &forge, Flaw::None, &keys, &[]).await.map_err(|error| error.to_string())?;
    let authority = forge.authority_pem().map_err(|error| error.to_string())?;
    security.post("/certificates/trust/push/authorities", json!({"pem": authority})).await?;
    policy::switch(security, "push", true).await?;
    let url = format!("https://127.0.0.1:{}/terminal", receiver.port);
    let settings = changed(gateway, "/outlets/push", json!({"enabled": true, "url": url, "live_seconds": 10})).await?;
    gateway.put("/outlets/push", json!({"settings": settings, "password": token})).await?;
    let log = dir.join("requests.jsonl");
    say(&format!(
        "  measurements are pushed by HTTPS; a collector checks the signatures and writes the requests to {}",
        log.display()
    ));
    tasks.spawn(async move {
        if let Err(error) = receiver.write_down(&log).await {
            say(&format!("  requests are no longer written down: {error}"));
        }
    });
    Ok(())
}

async fn snmp(gateway: &Api, security: &Api, dir: &Path, tasks: &mut JoinSet<()>) -> Result<(), String> {
    if !is_installed(&["/usr/bin/snmpbulkwalk"]) {
        return Ok(());
    }
    policy::switch(security, "snmp", true).await?;
    let (authentication, privacy) = (password(), password());
    let wanted = json!({
        "enabled": true, "location": "Quay 4",
        "users": [{"name": USER, "authentication": "sha256", "privacy": "aes128"}],
    });
    let settings = changed(gateway, "/outlets/snmp", wanted).await?;
    let passwords = json!({"users": [{"user": USER, "authentication": authentication, "privacy": privacy}]});
    gateway.put("/outlets/snmp", json!({"settings": settings, "passwords": passwords})).await?;
    let open = || async {
        let agent = gateway.get("/outlets/snmp").await.ok()?;
        let port = agent.get("address")?.as_str()?.rsplit(':').next()?.parse::<u16>().ok();
        port.filter(|_| agent.get("state").and_then(Value::as_str) == Some("open"))
    };
    let port = until("the SNMP agent answers", SOON, open).await.map_err(|error| error.to_string())?;
    let manager = Manager::new(port).map_err(|error| error.to_string())?;
    let log = dir.join("snmp.txt");
    say(&format!("  a manager walks through the SNMP agent on port {port}; it writes what it reads to {}", log.display()));
    tasks.spawn(async move {
        let user = User {
            name: USER,
            authentication: "SHA-256",
            authentication_password: &authentication,
            privacy: "AES",
            privacy_password: &privacy,
        };
        let mut walks = tokio::time::interval(WALK);
        loop {
            walks.tick().await;
            // A gateway that stops does not answer: there is nothing to say of it.
            if let Ok(read) = manager.run("snmpbulkwalk", &user, "authPriv", &["-Oqs", "haubertMeasureText"]).await {
                let _ = tokio::fs::write(&log, read).await;
            }
        }
    });
    Ok(())
}

async fn bacnet(gateway: &Api, security: &Api, dir: &Path, tasks: &mut JoinSet<()>) -> Result<(), String> {
    if !tools_dir().join("venv/bin/python").exists() {
        return Ok(());
    }
    policy::switch(security, "bacnet", true).await?;
    // The client comes as a foreign device: the loopback carries no broadcasts.
    let settings = changed(gateway, "/outlets/bacnet", json!({"enabled": true, "foreign_devices": true})).await?;
    let network = settings.get("network").and_then(Value::as_u64).and_then(|network| u16::try_from(network).ok());
    let server = gateway.put("/outlets/bacnet", settings.clone()).await?;
    let port = server.get("address").and_then(Value::as_str).and_then(|address| address.rsplit(':').next()?.parse::<u16>().ok());
    let (Some(network), Some(port)) = (network, port) else { return Err("BACnet/IP: no address".to_owned()) };
    let log = dir.join("bacnet.txt");
    say(&format!("  a BACnet client reads the first meter on port {port}; it writes what it reads to {}", log.display()));
    tasks.spawn(async move {
        let mut walks = tokio::time::interval(WALK);
        loop {
            walks.tick().await;
            // A gateway that stops does not answer: there is nothing to say of it.
            if let Ok(read) = bacpypes(port, network, &["walk"]).await {
                let lines: String = read.iter().map(|one| format!("{one}\n")).collect();
                let _ = tokio::fs::write(&log, lines).await;
            }
        }
    });
    Ok(())
}
