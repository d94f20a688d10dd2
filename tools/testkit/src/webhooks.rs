//! A receiver of pushed requests that checks signatures with libraries that nobody here wrote.

use crate::forge::{Flaw, Forge};
use crate::peers::{repository, tools_dir};
use crate::program::Error;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The token that the receiver knows.
pub const TOKEN: &str = "a-token-for-tests";

/// What checks signatures.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `whsec_` and base64.
    pub secret: String,
    /// `whpk_` and base64.
    pub public_key: String,
}

/// A receiver on loopback; it ends when dropped.
pub struct Receiver {
    child: Child,
    _stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    /// TCP port.
    pub port: u16,
}

impl Receiver {
    /// Starts it with a certificate of that authority, whose files lie in `dir`. `answers` are given in turn, as
    /// `tests/peers/webhook_receiver.py` has them.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(dir: &Path, authority: &Forge, flaw: Flaw, keys: &Keys, answers: &[&str]) -> Result<Self, Error> {
        Self::known(TOKEN, dir, authority, flaw, keys, answers).await
    }

    /// The same, with another token.
    ///
    /// # Errors
    /// As [`Receiver::start`].
    pub async fn known(
        token: &str,
        dir: &Path,
        authority: &Forge,
        flaw: Flaw,
        keys: &Keys,
        answers: &[&str],
    ) -> Result<Self, Error> {
        let name = format!("push-{flaw:?}").to_lowercase();
        authority.certificate(&name, flaw)?;
        let io = |source| Error::Io { what: "standardwebhooks (make test installs it)".to_owned(), source };
        let mut command = Command::new(tools_dir().join("venv/bin/python"));
        command.arg(repository().join("tests/peers/webhook_receiver.py"));
        command.arg(dir.join(format!("{name}.pem"))).arg(dir.join(format!("{name}.key")));
        command.args([&keys.secret, &keys.public_key, token]).args(answers);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(io)?;
        let stdout = child.stdout.take().ok_or_else(|| Error::Late("the receiver: no output".to_owned()))?;
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next_line().await.map_err(io)?.unwrap_or_default();
        let port = line.parse().map_err(|_| Error::Late(format!("the receiver printed {line:?} instead of a port")))?;
        Ok(Self { _stdin: child.stdin.take(), child, lines, port })
    }

    /// Ends it; when this returns, nothing listens there any more.
    ///
    /// # Errors
    /// What the system said.
    pub async fn end(mut self) -> std::io::Result<()> {
        self.child.kill().await
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

    /// The next request that `wanted` takes, those before it left out.
    ///
    /// # Errors
    /// When none came within a minute and a half.
    pub async fn next<T>(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> Option<T>) -> Result<T, Error> {
        let found = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                let request: Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(found) = wanted(&request) {
                    return Some(found);
                }
            }
            None
        };
        let found = tokio::time::timeout(Duration::from_secs(90), found).await;
        found.ok().flatten().ok_or_else(|| Error::Late(format!("no request: {what}")))
    }
}
