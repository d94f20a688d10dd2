//! Time servers: one that says what it is told to, byte by byte and without the gateway's own codec, and chrony.

use crate::peers::tools_dir;
use crate::program::Error;
use crate::until;
use std::net::UdpSocket as StdSocket;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// What a server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The time of this machine, and so many milliseconds more.
    Time(i64),
    /// The time, after a datagram that says otherwise and does not belong to the question.
    AfterForgery(i64),
    /// A kiss-o'-death.
    Kiss([u8; 4]),
    /// That its clock is not set.
    NotSet,
    /// Nothing.
    Nothing,
}

/// A server on loopback; it ends when dropped.
pub struct TimeServer {
    /// UDP port.
    pub port: u16,
    says: Arc<Mutex<Says>>,
    asked: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Drop for TimeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// This machine's time, ms since 1970.
#[allow(clippy::disallowed_methods)] // A server tells the machine's time.
fn machine_time_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or_default()
}

/// This machine's time, s since 1970.
pub fn machine_time_s() -> i64 {
    machine_time_ms() / 1_000
}

/// Seconds since 1900 and their fraction (RFC 5905, 6).
fn now(shift_ms: i64) -> u64 {
    let ms = machine_time_ms() + shift_ms;
    let seconds = ms.div_euclid(1_000).unsigned_abs() + 2_208_988_800;
    (seconds << 32) | ((ms.rem_euclid(1_000).unsigned_abs() << 32) / 1_000)
}

/// An answer to `question` (RFC 5905, 7.3): leap, stratum, reference id, and who asked.
fn answer(question: &[u8], (leap, stratum, id): (u8, u8, [u8; 4]), originate: [u8; 8], at: u64) -> Vec<u8> {
    let version = question.first().map_or(4, |first| (first >> 3) & 7);
    let mut bytes = vec![(leap << 6) | (version << 3) | 4, stratum, 6, 0xec];
    bytes.extend([0, 0, 0, 16, 0, 0, 0, 32]);
    bytes.extend(id);
    bytes.extend((at - (64 << 32)).to_be_bytes());
    bytes.extend(originate);
    bytes.extend(at.to_be_bytes());
    bytes.extend(at.to_be_bytes());
    bytes
}

impl TimeServer {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(says: Says) -> std::io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let port = socket.local_addr()?.port();
        let (says, asked) = (Arc::new(Mutex::new(says)), Arc::new(AtomicU64::new(0)));
        let (saying, counted) = (Arc::clone(&says), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            let mut bytes = [0; 256];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let question = bytes.get(..length).unwrap_or_default();
                counted.fetch_add(1, Ordering::Relaxed);
                let nonce = question.get(40..48).and_then(|nonce| <[u8; 8]>::try_from(nonce).ok()).unwrap_or_default();
                let says = *saying.lock().unwrap_or_else(PoisonError::into_inner);
                let good = (0, 2, [127, 0, 0, 1]);
                let answers = match says {
                    Says::Time(shift) => vec![answer(question, good, nonce, now(shift))],
                    Says::AfterForgery(shift) => vec![
                        answer(question, good, nonce.map(|byte| !byte), now(86_400_000)),
                        answer(question, (3, 0, *b"DENY"), [0; 8], now(0)),
                        answer(question, good, nonce, now(shift)),
                    ],
                    Says::Kiss(code) => vec![answer(question, (3, 0, code), nonce, now(0))],
                    Says::NotSet => vec![answer(question, (3, 16, *b"INIT"), nonce, now(0))],
                    Says::Nothing => Vec::new(),
                };
                for answer in answers {
                    if socket.send_to(&answer, from).await.is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Self { port, says, asked, task })
    }

    /// Says something else from now on.
    pub fn says(&self, says: Says) {
        *self.says.lock().unwrap_or_else(PoisonError::into_inner) = says;
    }

    /// How often it was asked.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// chrony, with this machine's clock as it is; it sets none. It ends when dropped.
pub struct Chrony {
    _child: Child,
    /// UDP port.
    pub port: u16,
}

impl Chrony {
    /// Starts it with its files in `dir`.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(dir: &Path) -> Result<Self, Error> {
        let io = |what: &'static str| move |source| Error::Io { what: what.to_owned(), source };
        // It cannot choose a port by itself: one that was free a moment ago.
        let free = StdSocket::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(io("find a free port"))?;
        let port = free.port();
        let file = dir.join("chrony.conf");
        let pid = dir.join("chrony.pid");
        let config = format!(
            "port {port}\nbindaddress 127.0.0.1\nallow 127.0.0.1\nlocal stratum 5\ncmdport 0\nbindcmdaddress /\npidfile {}\nuser root\n",
            pid.display()
        );
        std::fs::write(&file, config).map_err(io("write chrony's configuration"))?;
        let child = Command::new(tools_dir().join("file-servers/usr/sbin/chronyd"))
            .args(["-x", "-d", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(io("start chrony (make test unpacks it)"))?;
        until("chrony answers", Duration::from_secs(20), || async move {
            let socket = UdpSocket::bind("127.0.0.1:0").await.ok()?;
            socket.connect(("127.0.0.1", port)).await.ok()?;
            let mut bytes = [0; 48];
            // Version 4, mode 3.
            *bytes.first_mut()? = 0x23;
            socket.send(&bytes).await.ok()?;
            tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut bytes)).await.ok()?.ok()
        })
        .await
        .map_err(Error::Late)?;
        Ok(Self { _child: child, port })
    }
}
