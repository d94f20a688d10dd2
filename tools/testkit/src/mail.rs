//! A mail server that nobody here wrote: aiosmtpd, with TLS.

use crate::forge::{Flaw, Forge};
use crate::peers::{repository, tools_dir};
use crate::program::Error;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// User and password that the server knows.
pub const USER: (&str, &str) = ("gateway", "a-password-for-tests");

/// A server on loopback; it ends when dropped.
pub struct MailServer {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// TCP port.
    pub port: u16,
}

impl MailServer {
    /// Starts it with a certificate of that authority, whose files lie in `dir`. `security` is `tls` or `starttls`; `faults` say what
    /// goes wrong, in turn, as `tests/peers/smtp_server.py` has them.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(dir: &Path, authority: &Forge, flaw: Flaw, security: &str, faults: &[&str]) -> Result<Self, Error> {
        Self::known(USER, dir, authority, flaw, security, faults).await
    }

    /// The same, with another user and password.
    ///
    /// # Errors
    /// As [`MailServer::start`].
    pub async fn known(
        login: (&str, &str),
        dir: &Path,
        authority: &Forge,
        flaw: Flaw,
        security: &str,
        faults: &[&str],
    ) -> Result<Self, Error> {
        let name = format!("mail-{flaw:?}").to_lowercase();
        authority.certificate(&name, flaw)?;
        let io = |source| Error::Io { what: "aiosmtpd (make test installs it)".to_owned(), source };
        let mut command = Command::new(tools_dir().join("venv/bin/python"));
        command.arg(repository().join("tests/peers/smtp_server.py"));
        command.arg(dir.join(format!("{name}.pem"))).arg(dir.join(format!("{name}.key")));
        command.args([security, login.0, login.1]).args(faults);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(io)?;
        let stdout = child.stdout.take().ok_or_else(|| Error::Late("aiosmtpd: no output".to_owned()))?;
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next_line().await.map_err(io)?.unwrap_or_default();
        let port = line.parse().map_err(|_| Error::Late(format!("aiosmtpd printed {line:?} instead of a port")))?;
        Ok(Self { _child: child, lines, port })
    }

    /// Writes down what it tells until it ends.
    ///
    /// # Errors
    /// What the system said.
    pub async fn write_down(mut self, file: &Path) -> std::io::Result<()> {
        let mut file = tokio::fs::File::create(file).await?;
        while let Some(line) = self.lines.next_line().await? {
            file.write_all(format!("{line}\n").as_bytes()).await?;
            file.flush().await?;
        }
        Ok(())
    }

    /// What it tells next: a letter that it took or did not.
    ///
    /// # Errors
    /// When it told nothing within a minute.
    pub async fn next(&mut self) -> Result<Value, Error> {
        match tokio::time::timeout(Duration::from_secs(60), self.lines.next_line()).await {
            Ok(Ok(Some(line))) => Ok(serde_json::from_str(&line).unwrap_or(Value::String(line))),
            other => Err(Error::Late(format!("no letter: {other:?}"))),
        }
    }
}
