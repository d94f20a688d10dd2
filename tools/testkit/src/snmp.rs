//! SNMP peers that nobody here wrote: net-snmp's commands and its receiver of traps, and pysnmp.

use crate::capture::Capture;
use crate::peers::{repository, tools_dir};
use crate::program::Error;
use serde_json::Value;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A user of SNMPv3, as net-snmp writes it.
#[derive(Debug, Clone, Copy)]
pub struct User<'a> {
    /// Name.
    pub name: &'a str,
    /// `SHA-256`, `SHA-384`, `SHA-512`.
    pub authentication: &'a str,
    /// Its password.
    pub authentication_password: &'a str,
    /// `AES`, `AES-256`.
    pub privacy: &'a str,
    /// Its password.
    pub privacy_password: &'a str,
}

/// The user of the tests.
pub const USER: User<'static> = User {
    name: "supervision",
    authentication: "SHA-256",
    authentication_password: "quay seven, first light",
    privacy: "AES",
    privacy_password: "north crane, last load",
};

/// net-snmp reads and writes files of its own: each test has a folder for them.
fn command(program: &str, dir: &Path) -> Command {
    let mibs = format!("{}:{}", repository().join("tests/peers/mibs").display(), repository().join("docs").display());
    let mut command = Command::new(program);
    command.env("SNMPCONFPATH", dir).env("SNMP_PERSISTENT_DIR", dir).env("MIBDIRS", mibs).env("MIBS", "HAUBERT-MIB");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A manager by net-snmp's commands.
pub struct Manager {
    dir: TempDir,
    port: u16,
}

impl Manager {
    /// Of the agent at this port of the loopback.
    ///
    /// # Errors
    /// When there is no room for its files.
    pub fn new(port: u16) -> Result<Self, Error> {
        let dir = tempfile::tempdir().map_err(|source| Error::Io { what: "a folder".to_owned(), source })?;
        Ok(Self { dir, port })
    }

    /// Runs `program` (`snmpget`, `snmpwalk`, …) as `user` at this level (`authPriv`, …), with options and names; gives what it printed.
    ///
    /// # Errors
    /// What it said of its failure.
    pub async fn run(&self, program: &str, user: &User<'_>, level: &str, more: &[&str]) -> Result<String, String> {
        let mut arguments = vec!["-v3", "-l", level, "-u", user.name];
        if level != "noAuthNoPriv" {
            arguments.extend(["-a", user.authentication, "-A", user.authentication_password]);
        }
        if level == "authPriv" {
            arguments.extend(["-x", user.privacy, "-X", user.privacy_password]);
        }
        self.plain(program, &arguments, more).await
    }

    /// The same by a version that knows a community.
    ///
    /// # Errors
    /// What it said of its failure.
    pub async fn community(&self, program: &str, version: &str, community: &str, more: &[&str]) -> Result<String, String> {
        self.plain(program, &["-v", version, "-c", community], more).await
    }

    async fn plain(&self, program: &str, who: &[&str], more: &[&str]) -> Result<String, String> {
        let target = format!("udp:127.0.0.1:{}", self.port);
        let (names, options): (Vec<&str>, Vec<&str>) = more.iter().partition(|word| !word.starts_with('-'));
        let output = command(program, self.dir.path())
            .args(["-t", "3", "-r", "1"])
            .args(who)
            .args(options)
            .arg(target)
            .args(names)
            .output()
            .await
            .map_err(|error| format!("{program} (make test installs it): {error}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let (said, failed) = (text(&output.stdout), text(&output.stderr));
        if output.status.success() { Ok(said) } else { Err(format!("{said}\n{failed}")) }
    }
}

/// Asks by pysnmp: `["get", names…]` or `["walk", name]`; gives each line that it printed.
///
/// # Errors
/// When it is not installed or failed.
pub async fn pysnmp(port: u16, user: &User<'_>, act: &[&str]) -> Result<Vec<Value>, String> {
    let output = Command::new(tools_dir().join("venv/bin/python"))
        .arg(repository().join("tests/peers/snmp_client.py"))
        .args([&port.to_string(), user.name, user.authentication_password, user.privacy_password])
        .args(act)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("pysnmp (make test installs it): {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// net-snmp's receiver of traps and informs on the loopback; it ends when dropped.
pub struct Trapd {
    _child: Child,
    /// UDP port.
    pub port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _dir: TempDir,
}

impl Trapd {
    /// Takes what `user` sends: traps of the engine of this name (hexadecimal), and informs.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(user: &User<'_>, engine: Option<&str>, port: Option<u16>) -> Result<Self, Error> {
        let io = |what: &str| {
            let what = what.to_owned();
            move |source| Error::Io { what, source }
        };
        let dir = tempfile::tempdir().map_err(io("a folder"))?;
        // It cannot choose a port by itself: one that was free a moment ago.
        let port = match port {
            Some(port) => port,
            None => free_port().map_err(io("find a free port"))?,
        };
        let User { name, authentication, authentication_password, privacy, privacy_password } = user;
        let keys = format!("{name} {authentication} \"{authentication_password}\" {privacy} \"{privacy_password}\"");
        let of_engine = engine.map(|engine| format!("createUser -e 0x{engine} {keys}\n")).unwrap_or_default();
        let config = format!("{of_engine}createUser {keys}\nauthUser log {name} priv\nformat2 %W|%P|%v\\n\nformat1 %v\\n\n");
        let file = dir.path().join("trapd.conf");
        std::fs::write(&file, config).map_err(io("write its configuration"))?;
        let mut child = command("snmptrapd", dir.path())
            .args(["-f", "-Lo", "-On", "-C", "-c"])
            .arg(&file)
            .arg(format!("udp:127.0.0.1:{port}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(io("snmptrapd (make test installs it)"))?;
        let stdout = child.stdout.take().ok_or_else(|| Error::Late("snmptrapd: no output".to_owned()))?;
        let mut trapd = Self { _child: child, port, lines: BufReader::new(stdout).lines(), _dir: dir };
        trapd.next("it is ready", |line| line.contains("NET-SNMP").then_some(())).await?;
        Ok(trapd)
    }

    /// The next line that `wanted` takes, those before it left out.
    ///
    /// # Errors
    /// When none came within a minute.
    pub async fn next<T>(&mut self, what: &str, mut wanted: impl FnMut(&str) -> Option<T>) -> Result<T, Error> {
        let found = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                if let Some(found) = wanted(&line) {
                    return Some(found);
                }
            }
            None
        };
        let found = tokio::time::timeout(Duration::from_secs(60), found).await;
        found.ok().flatten().ok_or_else(|| Error::Late(format!("no notification: {what}")))
    }
}

/// How many packets of a capture tshark opens with this user's keys, and what it finds malformed.
///
/// # Errors
/// What it said.
pub async fn judged(capture: &Capture, user: &User<'_>) -> Result<(usize, String), String> {
    let User { name, authentication_password, privacy_password, .. } = user;
    let keys =
        format!("uat:snmp_users:\"\",\"{name}\",\"SHA2-256\",\"{authentication_password}\",\"AES\",\"{privacy_password}\"");
    let read = async |filter: &str| capture.read("snmp", &["-o", &keys, "-Y", filter]).await;
    let opened = read("snmp.decrypted_pdu").await?.lines().count();
    Ok((opened, read("_ws.malformed").await?))
}

/// A UDP port of the loopback that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    UdpSocket::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map(|free| free.port())
}

/// What `smilint` has to say against our MIB, beyond notes; and the object of this name by `snmptranslate`.
///
/// # Errors
/// When they are not installed.
pub async fn mib_faults(mib: &Path) -> Result<String, String> {
    let base: PathBuf = repository().join("tests/peers/mibs");
    let output = Command::new("smilint")
        .args(["-s", "-l", "4"])
        .arg(mib)
        .env("SMIPATH", base)
        .output()
        .await
        .map_err(|error| format!("smilint (make test installs it): {error}"))?;
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned())
}
