//! File servers that nobody here wrote: vsftpd, ProFTPD and Pure-FTPd over TLS, OpenSSH and asyncssh with their SFTP, nginx with
//! WebDAV, and the HTTP server of Python.

use crate::forge::{Flaw, Forge};
use crate::peers::{repository, tools_dir};
use crate::program::Error;
use crate::until;
use nix::unistd::{Gid, Uid, geteuid};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The password that the servers know.
pub const PASSWORD: &str = "a-password-for-tests";

/// Which server, and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Brand {
    /// vsftpd, TLS after `AUTH TLS`, data connections must resume the session.
    Vsftpd,
    /// The same with TLS from the first byte.
    VsftpdImplicit,
    /// ProFTPD, as it comes: data connections must resume the session.
    Proftpd,
    /// Pure-FTPd, TLS or nothing, for data too.
    PureFtpd,
    /// OpenSSH; it knows a key, not a password.
    OpenSsh,
    /// asyncssh; it knows a password.
    AsyncSsh,
    /// nginx with WebDAV: `PUT` and `DELETE`.
    Nginx,
    /// Python's own server: `POST`.
    PythonPost,
}

/// A server on loopback; it ends when dropped.
pub struct FileServer {
    _child: Child,
    /// TCP port.
    pub port: u16,
    /// User that it knows.
    pub user: String,
    /// Where files end up.
    pub files: PathBuf,
    /// Fingerprint of its SSH key, `SHA256:` and base64; empty for those that have none.
    pub host_key: String,
}

fn io(what: &str) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.to_owned();
    move |source| Error::Io { what, source }
}

/// A program of those unpacked by `scripts/setup.sh`.
fn unpacked(path: &str) -> PathBuf {
    tools_dir().join("file-servers").join(path)
}

fn write(file: &Path, text: &str, mode: u32) -> Result<(), Error> {
    std::fs::write(file, text).map_err(io("write a server's file"))?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).map_err(io("write a server's file"))
}

async fn output(command: &mut Command) -> Result<String, Error> {
    let what = format!("{:?}", command.as_std().get_program());
    let done = command.stdin(Stdio::null()).output().await.map_err(io(&what))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned());
    }
    Err(Error::Late(format!("{what}: {}{}", String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&done.stdout))))
}

/// What a server is started with.
struct Plan {
    dir: PathBuf,
    files: PathBuf,
    port: u16,
    certificate: PathBuf,
    key: PathBuf,
    authorized: String,
    password: String,
}

impl FileServer {
    /// Starts it; its files lie in `dir`, its certificate is of that authority. `authorized` is the line of an SSH key that OpenSSH
    /// lets in.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub async fn start(brand: Brand, dir: &Path, authority: &Forge, flaw: Flaw, authorized: &str) -> Result<Self, Error> {
        Self::known(PASSWORD, brand, dir, authority, flaw, authorized).await
    }

    /// The same, with another password.
    ///
    /// # Errors
    /// As [`FileServer::start`].
    pub async fn known(
        password: &str,
        brand: Brand,
        dir: &Path,
        authority: &Forge,
        flaw: Flaw,
        authorized: &str,
    ) -> Result<Self, Error> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(io("find a free port"))?.port();
        let name = format!("{brand:?}-{port}").to_lowercase();
        authority.certificate(&name, flaw)?;
        let files = dir.join(format!("{name}-files"));
        std::fs::create_dir_all(&files).map_err(io("make the server's folder"))?;
        let (certificate, key) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.key")));
        let plan = Plan {
            dir: dir.join(&name),
            files: files.clone(),
            port,
            certificate,
            key,
            authorized: authorized.to_owned(),
            password: password.to_owned(),
        };
        std::fs::create_dir_all(&plan.dir).map_err(io("make the server's folder"))?;
        let (mut command, user, host_key) = match brand {
            Brand::Vsftpd => plan.vsftpd(false)?,
            Brand::VsftpdImplicit => plan.vsftpd(true)?,
            Brand::Proftpd => plan.proftpd().await?,
            Brand::PureFtpd => plan.pure_ftpd().await?,
            Brand::OpenSsh => plan.openssh().await?,
            Brand::Nginx => plan.nginx().await?,
            Brand::AsyncSsh => return plan.python("sftp").await,
            Brand::PythonPost => return plan.python("post").await,
        };
        let log = std::fs::File::create(plan.dir.join("log")).map_err(io("write the server's log"))?;
        let log2 = log.try_clone().map_err(io("write the server's log"))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log2)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(io(&format!("start {brand:?} (make test installs it)")))?;
        until(&format!("{brand:?} listens"), Duration::from_secs(20), || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await
        .map_err(|error| {
            Error::Late(format!("{error}: {}", std::fs::read_to_string(plan.dir.join("log")).unwrap_or_default()))
        })?;
        Ok(Self { _child: child, port, user, files, host_key })
    }

    /// What stands in a folder, by name; nothing when there is none.
    pub fn listed(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.files.join(folder)).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.path().is_file());
        files
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap_or_default()))
            .collect()
    }
}

/// Command, user and host key.
type Started = (Command, String, String);

impl Plan {
    fn text(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// Only its anonymous users have a password that needs no account of the machine.
    fn vsftpd(&self, implicit: bool) -> Result<Started, Error> {
        let (root, empty) = (&self.files, self.text("empty"));
        std::fs::create_dir_all(&empty).map_err(io("make the server's folder"))?;
        write(Path::new(&self.text("passwords")), &format!("{}\n", self.password), 0o600)?;
        let config = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={}\nbackground=NO\nrun_as_launching_user=YES\nftp_username={user}\nnopriv_user={user}\nsecure_chroot_dir={empty}\n\
             anonymous_enable=YES\nlocal_enable=NO\nwrite_enable=YES\nanon_root={}\nanon_upload_enable=YES\n\
             anon_mkdir_write_enable=YES\nanon_other_write_enable=YES\nanon_world_readable_only=NO\n\
             secure_email_list_enable=YES\nemail_password_file={}\nallow_writeable_chroot=YES\nseccomp_sandbox=NO\n\
             ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\nimplicit_ssl={}\n\
             require_ssl_reuse=YES\nrsa_cert_file={}\nrsa_private_key_file={}\nssl_ciphers=HIGH\n\
             xferlog_enable=NO\npasv_address=127.0.0.1\n",
            self.port,
            root.display(),
            self.text("passwords"),
            if implicit { "YES" } else { "NO" },
            self.certificate.display(),
            self.key.display(),
            user = user_name(Uid::effective().as_raw())?,
        );
        let file = self.text("vsftpd.conf");
        write(Path::new(&file), &config, 0o600)?;
        let mut command = Command::new(unpacked("usr/sbin/vsftpd"));
        command.arg(file);
        Ok((command, "anonymous".to_owned(), String::new()))
    }

    async fn proftpd(&self) -> Result<Started, Error> {
        let hash = output(Command::new("openssl").args(["passwd", "-6", &self.password])).await?;
        // Its rules forbid to serve as the machine's first user.
        let (uid, gid) =
            if geteuid().is_root() { (65534, 65534) } else { (Uid::effective().as_raw(), Gid::effective().as_raw()) };
        chown(&self.files, Some(uid), Some(gid)).map_err(io("hand over the server's folder"))?;
        let open = std::fs::Permissions::from_mode(0o755);
        for folder in self
            .files
            .ancestors()
            .take_while(|folder| folder.starts_with(std::env::temp_dir()) && *folder != std::env::temp_dir())
        {
            std::fs::set_permissions(folder, open.clone()).map_err(io("hand over the server's folder"))?;
        }
        write(
            Path::new(&self.text("users")),
            &format!("meter:{hash}:{uid}:{gid}::{}:/bin/false\n", self.files.display()),
            0o600,
        )?;
        let config = format!(
            "ModulePath {}\nLoadModule mod_tls.c\nServerType standalone\nServerName test\nDefaultAddress 127.0.0.1\nPort {}\nUseIPv6 off\n\
             User {}\nGroup {}\nWtmpLog off\nTransferLog none\nPidFile {}\nScoreboardFile {}\nScoreboardMutex {}\nSystemLog {}\n\
             AuthPAM off\nAuthOrder mod_auth_file.c\nAuthUserFile {}\nRequireValidShell off\nDefaultRoot ~\nAllowOverwrite on\n\
             TLSEngine on\nTLSRequired on\nTLSProtocol TLSv1.2 TLSv1.3\nTLSECCertificateFile {}\nTLSECCertificateKeyFile {}\n\
             TLSVerifyClient off\nTLSLog {}\n",
            unpacked("usr/lib/proftpd").display(),
            self.port,
            user_name(uid)?,
            group_name(gid)?,
            self.text("pid"),
            self.text("scoreboard"),
            self.text("scoreboard.lck"),
            self.text("system.log"),
            self.text("users"),
            self.certificate.display(),
            self.key.display(),
            self.text("tls.log"),
        );
        let file = self.text("proftpd.conf");
        write(Path::new(&file), &config, 0o600)?;
        let mut command = Command::new(unpacked("usr/sbin/proftpd"));
        command.args(["--nodaemon", "--config", &file]);
        Ok((command, "meter".to_owned(), String::new()))
    }

    async fn pure_ftpd(&self) -> Result<Started, Error> {
        let (passwords, database) = (self.text("passwords"), self.text("passwords.pdb"));
        let hash = output(Command::new("openssl").args(["passwd", "-6", &self.password])).await?;
        let (uid, gid) =
            if geteuid().is_root() { (65534, 65534) } else { (Uid::effective().as_raw(), Gid::effective().as_raw()) };
        chown(&self.files, Some(uid), Some(gid)).map_err(io("hand over the server's folder"))?;
        write(Path::new(&passwords), &format!("meter:{hash}:{uid}:{gid}::{}/./::::::::::::\n", self.files.display()), 0o600)?;
        output(Command::new(unpacked("usr/bin/pure-pw")).args(["mkdb", &database, "-f", &passwords])).await?;
        let both = self.text("both.pem");
        let read = |file: &Path| std::fs::read_to_string(file).map_err(io("read the server's certificate"));
        write(Path::new(&both), &format!("{}{}", read(&self.key)?, read(&self.certificate)?), 0o600)?;
        let mut command = Command::new(unpacked("usr/sbin/pure-ftpd"));
        command.args(["-S", &format!("127.0.0.1,{}", self.port), "-l", &format!("puredb:{database}"), "-Y", "3", "-2", &both]);
        command.args(["-A", "-E", "-H", "-4", "-g", &self.text("pid")]);
        Ok((command, "meter".to_owned(), String::new()))
    }

    async fn openssh(&self) -> Result<Started, Error> {
        let key = self.text("host_key");
        output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &key])).await?;
        let shown = output(Command::new("ssh-keygen").args(["-l", "-E", "sha256", "-f", &format!("{key}.pub")])).await?;
        let host_key = shown.split_whitespace().nth(1).unwrap_or_default().to_owned();
        write(Path::new(&self.text("authorized")), &format!("{}\n", self.authorized), 0o600)?;
        if geteuid().is_root() {
            // It puts the part of itself that nobody has proven anything to there.
            std::fs::create_dir_all("/run/sshd").map_err(io("make /run/sshd"))?;
        }
        let config = format!(
            "ListenAddress 127.0.0.1:{}\nHostKey {key}\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nAuthorizedKeysFile {}\nSubsystem sftp internal-sftp -d {}\n",
            self.port,
            self.text("authorized"),
            self.files.display(),
        );
        let file = self.text("sshd_config");
        write(Path::new(&file), &config, 0o600)?;
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f", &file]);
        Ok((command, user_name(Uid::effective().as_raw())?, host_key))
    }

    async fn nginx(&self) -> Result<Started, Error> {
        let hash = output(Command::new("openssl").args(["passwd", "-apr1", &self.password])).await?;
        write(Path::new(&self.text("users")), &format!("meter:{hash}\n"), 0o644)?;
        let as_root = if geteuid().is_root() { "user root;" } else { "" };
        let config = format!(
            "daemon off; {as_root} pid {dir}/pid; error_log {dir}/error.log;\nevents {{}}\nhttp {{\n  access_log off; client_max_body_size 0;\n  \
             client_body_temp_path {dir}/body; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;\n  \
             server {{\n    listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {certificate}; ssl_certificate_key {key};\n    root {files};\n    \
             location / {{ dav_methods PUT DELETE; create_full_put_path on; auth_basic test; auth_basic_user_file {dir}/users; }}\n  }}\n}}\n",
            dir = self.dir.display(),
            port = self.port,
            certificate = self.certificate.display(),
            key = self.key.display(),
            files = self.files.display(),
        );
        let file = self.text("nginx.conf");
        write(Path::new(&file), &config, 0o600)?;
        let mut command = Command::new(unpacked("usr/sbin/nginx"));
        command.args(["-e", &self.text("early.log"), "-c", &file]);
        Ok((command, "meter".to_owned(), String::new()))
    }
}

impl Plan {
    /// Those of `tests/peers/file_servers.py`, which choose a port by themselves and tell it.
    async fn python(self, kind: &str) -> Result<FileServer, Error> {
        let late = |line: String| Error::Late(format!("file_servers.py {kind} printed {line:?} instead of a port"));
        let mut command = Command::new(tools_dir().join("venv/bin/python"));
        command.arg(repository().join("tests/peers/file_servers.py")).arg(kind).arg(&self.files).args(["meter", &self.password]);
        command.arg(&self.key).arg(&self.certificate);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(io("start file_servers.py (make test installs what it needs)"))?;
        let stdout = child.stdout.take().ok_or_else(|| late(String::new()))?;
        let line = BufReader::new(stdout).lines().next_line().await.map_err(io("read a port"))?.unwrap_or_default();
        let (port, host_key) = line.split_once(' ').ok_or_else(|| late(line.clone()))?;
        let port = port.parse().map_err(|_| late(line.clone()))?;
        Ok(FileServer { _child: child, port, user: "meter".to_owned(), files: self.files, host_key: host_key.to_owned() })
    }
}

fn user_name(uid: u32) -> Result<String, Error> {
    let user = nix::unistd::User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map(|user| user.name).ok_or_else(|| Error::Late(format!("user {uid} has no name")))
}

fn group_name(gid: u32) -> Result<String, Error> {
    let group = nix::unistd::Group::from_gid(Gid::from_raw(gid)).ok().flatten();
    group.map(|group| group.name).ok_or_else(|| Error::Late(format!("group {gid} has no name")))
}
