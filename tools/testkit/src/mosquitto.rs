//! MQTT peers that nobody here wrote: the broker mosquitto, and paho-mqtt as its other client.

use crate::forge::{Flaw, Forge};
use crate::peers::{repository, tools_dir};
use crate::program::Error;
use crate::until;
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// User and password that the broker knows.
pub const USER: (&str, &str) = ("gateway", "a-password-for-tests");

/// A broker on loopback that speaks TLS only and lets in who knows the password; it ends when dropped.
pub struct Mosquitto {
    child: Child,
    /// TCP port.
    pub port: u16,
}

/// How a broker differs from the ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broker<'a> {
    /// What is wrong with its certificate.
    pub flaw: Flaw,
    /// More lines of its configuration.
    pub more: &'a str,
    /// The port to come back to; 0 for any that is free.
    pub port: u16,
    /// User and password that it knows.
    pub login: (&'a str, &'a str),
}

impl Broker<'_> {
    /// Nothing is wrong with it.
    pub const GOOD: Self = Self { flaw: Flaw::None, more: "", port: 0, login: USER };

    /// Starts it; its files lie in `dir`, and its certificate is of that authority.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(self, dir: &Path, authority: &Forge) -> Result<Mosquitto, Error> {
        let io = |what: &str| {
            let what = what.to_owned();
            move |source| Error::Io { what, source }
        };
        let name = format!("broker-{:?}", self.flaw).to_lowercase();
        authority.certificate(&name, self.flaw)?;
        // The broker cannot choose a port by itself: one that was free a moment ago.
        let port = match self.port {
            0 => TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(io("find a free port"))?.port(),
            port => port,
        };
        let text = |name: String| dir.join(name).display().to_string();
        let passwords = text(format!("{port}.passwords"));
        let made = Command::new("mosquitto_passwd").args(["-b", "-c", &passwords, self.login.0, self.login.1]).status().await;
        if !made.map_err(io("mosquitto_passwd (make test installs it)"))?.success() {
            return Err(Error::Late("mosquitto_passwd failed".to_owned()));
        }
        // As root it would give up being root, and then read none of these files.
        let config = format!(
            "user root\nlistener {port} 127.0.0.1\ncafile {}\ncertfile {}\nkeyfile {}\nallow_anonymous false\npassword_file {passwords}\n\
             persistence false\n{}\n",
            text("ca.pem".to_owned()),
            text(format!("{name}.pem")),
            text(format!("{name}.key")),
            self.more
        );
        let file = text(format!("{port}.conf"));
        std::fs::write(&file, config).map_err(io("write the broker's configuration"))?;
        let log = std::fs::File::create(text(format!("{port}.log"))).map_err(io("write the broker's log"))?;
        let child = Command::new("/usr/sbin/mosquitto")
            .args(["-c", &file])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(io("start mosquitto (make test installs it)"))?;
        until("mosquitto listens", Duration::from_secs(20), || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await
        .map_err(Error::Late)?;
        Ok(Mosquitto { child, port })
    }
}

impl Mosquitto {
    /// Ends it at once, as a cable that is pulled.
    ///
    /// # Errors
    /// What the system said.
    pub async fn kill(mut self) -> std::io::Result<()> {
        self.child.kill().await
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}

/// Asks with `mosquitto_sub` for the first message of a topic, which the broker may have kept.
///
/// # Errors
/// What it said when none came within 15 s.
pub async fn mosquitto_sub(port: u16, authority: &Path, topic: &str) -> Result<String, String> {
    let (user, password) = USER;
    let authority = authority.display().to_string();
    let output = Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "--cafile", &authority, "-u", user, "-P", password])
        .args(["-V", "mqttv311", "-C", "1", "-W", "15", "-t", topic])
        .output()
        .await
        .map_err(|error| format!("mosquitto_sub (make test installs it): {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    if output.status.success() { Ok(text) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// Publishes with `mosquitto_pub`, at least once.
///
/// # Errors
/// What it said.
pub async fn mosquitto_pub(port: u16, authority: &Path, topic: &str, payload: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("mosquitto_pub (make test installs it): {error}");
    let (user, password) = USER;
    let mut child = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "--cafile"])
        .arg(authority)
        .args(["-u", user, "-P", password, "-V", "mqttv5", "-q", "1", "-s", "-t", topic])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take().ok_or("mosquitto_pub: no input")?;
    stdin.write_all(payload).await.map_err(failed)?;
    drop(stdin);
    let output = child.wait_with_output().await.map_err(failed)?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn paho(port: u16, authority: &Path, protocol: u8, act: &[&str]) -> Command {
    let mut command = Command::new(tools_dir().join("venv/bin/python"));
    command.arg(repository().join("tests/peers/mqtt_client.py")).arg(port.to_string()).arg(authority);
    command.args([&protocol.to_string(), USER.0, USER.1]).args(act).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A subscriber by paho-mqtt; it ends when dropped.
pub struct Watcher {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watcher {
    /// Subscribes, and is ready when this returns. `protocol` is 4 for MQTT 3.1.1, else 5.
    ///
    /// # Errors
    /// When it is not installed or does not come through.
    pub async fn start(port: u16, authority: &Path, protocol: u8, topics: &[&str]) -> Result<Self, Error> {
        let io = |source| Error::Io { what: "paho-mqtt (make test installs it)".to_owned(), source };
        let act: Vec<&str> = std::iter::once("watch").chain(topics.iter().copied()).collect();
        let mut child = paho(port, authority, protocol, &act).stdout(Stdio::piped()).spawn().map_err(io)?;
        let stdout = child.stdout.take().ok_or_else(|| Error::Late("paho-mqtt: no output".to_owned()))?;
        let mut lines = BufReader::new(stdout).lines();
        match tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await {
            Ok(Ok(Some(line))) if line == "ready" => Ok(Self { _child: child, lines }),
            other => Err(Error::Late(format!("paho-mqtt is not ready: {other:?}"))),
        }
    }

    /// The next message that `wanted` takes, those before it left out.
    ///
    /// # Errors
    /// When none came within a minute.
    pub async fn next<T>(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> Option<T>) -> Result<T, Error> {
        let found = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                let message: Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(found) = wanted(&message) {
                    return Some(found);
                }
            }
            None
        };
        let found = tokio::time::timeout(Duration::from_secs(60), found).await;
        found.ok().flatten().ok_or_else(|| Error::Late(format!("no message: {what}")))
    }
}

/// Publishes with paho-mqtt: `["rebirth", topic]` or `["say", topic, text]`.
///
/// # Errors
/// When it failed.
pub async fn paho_publishes(port: u16, authority: &Path, act: &[&str]) -> Result<(), String> {
    let status = paho(port, authority, 5, act).status().await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("paho-mqtt: {status}")) }
}
