//! A second mail server that nobody here wrote: Exim, with TLS and a login, which keeps what it takes in its queue.

use crate::forge::{Flaw, Forge};
use crate::mail::USER;
use crate::peers::tools_dir;
use crate::program::Error;
use crate::until;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Whom it runs as: it refuses to be root, and its user need not exist.
const ID: u32 = 990;

/// A server on loopback; it ends when dropped.
pub struct Exim {
    _child: Child,
    dir: PathBuf,
    /// TCP port.
    pub port: u16,
}

fn io(what: &str) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.to_owned();
    move |source| Error::Io { what, source }
}

impl Exim {
    /// Starts it with a certificate of that authority, whose files lie in `dir`, with TLS from the first byte or after STARTTLS.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(dir: &Path, authority: &Forge, starttls: bool) -> Result<Self, Error> {
        // The server cannot choose a port by itself: one that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(io("find a free port"))?.port();
        authority.certificate("exim", Flaw::None)?;
        // Below /tmp and not in `dir`, whose folder only its owner may enter.
        let own = std::env::temp_dir().join(format!("exim-{port}"));
        let path = |name: &str| own.join(name).display().to_string();
        let write = |name: &str, text: &str| std::fs::write(own.join(name), text).map_err(io("write the mail server's files"));
        for folder in ["", "spool", "log"] {
            std::fs::create_dir_all(own.join(folder)).map_err(io("make the mail server's folders"))?;
        }
        for end in ["pem", "key"] {
            std::fs::copy(dir.join(format!("exim.{end}")), own.join(end)).map_err(io("copy the mail server's certificate"))?;
        }
        write("passwd", &format!("root:x:0:0::/:/bin/sh\nDebian-exim:x:{ID}:{ID}::/:/bin/false\n"))?;
        write("group", &format!("root:x:0:\nDebian-exim:x:{ID}:\n"))?;
        let (user, password) = USER;
        let at_once = if starttls { String::new() } else { format!("tls_on_connect_ports = {port}\n") };
        let config = format!(
            "spool_directory = {}\nlog_file_path = {}/%slog\nprimary_hostname = mail.test\nqualify_domain = test\nqueue_only\n\
             daemon_smtp_ports = {port}\nlocal_interfaces = 127.0.0.1\n{at_once}tls_advertise_hosts = *\ntls_certificate = {}\n\
             tls_privatekey = {}\nkeep_environment =\nacl_smtp_rcpt = rcpt\nbegin acl\nrcpt:\n  require authenticated = *\n  accept\n\
             begin authenticators\nplain:\n  driver = plaintext\n  public_name = PLAIN\n  server_prompts = :\n  \
             server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}\n  server_set_id = $auth2\n  \
             server_advertise_condition = ${{if def:tls_in_cipher}}\nbegin routers\n",
            path("spool"),
            path("log"),
            path("pem"),
            path("key"),
        );
        write("conf", &config)?;
        for name in ["spool", "log", "pem", "key"] {
            std::os::unix::fs::chown(own.join(name), Some(ID), Some(ID)).map_err(io("give the mail server its files"))?;
        }
        let tools = tools_dir().join("file-servers");
        let libraries = tools.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
        let child = Command::new(tools.join("usr/sbin/exim4"))
            .args(["-C", &path("conf"), "-bdf"])
            .env("LD_LIBRARY_PATH", &libraries)
            // Its user is asked for by name.
            .env("LD_PRELOAD", libraries.join("libnss_wrapper.so"))
            .env("NSS_WRAPPER_PASSWD", path("passwd"))
            .env("NSS_WRAPPER_GROUP", path("group"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(io("start exim (make test installs it)"))?;
        let exim = Self { _child: child, dir: own, port };
        let listens = || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok() };
        until("exim listens", Duration::from_secs(20), listens).await.map_err(Error::Late)?;
        Ok(exim)
    }

    /// What it has taken, each letter with what the server knows of it before its headers, in no order.
    pub fn letters(&self) -> Vec<String> {
        let Ok(found) = std::fs::read_dir(self.dir.join("spool/input")) else { return Vec::new() };
        let heads = found.flatten().map(|file| file.path()).filter(|path| path.to_string_lossy().ends_with("-H"));
        heads.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()).collect()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.dir);
    }
}
