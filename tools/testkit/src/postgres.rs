//! A PostgreSQL server of a test's own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A cluster in a folder of its own, reached by a socket in it: no port, nothing shared. It ends when dropped.
#[derive(Debug)]
pub struct Cluster {
    dir: TempDir,
    bin: PathBuf,
}

fn bin() -> io::Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).filter(|bin| bin.join("initdb").exists()));
    let missing = "PostgreSQL's initdb is not installed (package postgresql); `make test` installs it";
    found.into_iter().next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, missing))
}

fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

fn run(program: &Path, arguments: &[&str]) -> io::Result<Output> {
    // PostgreSQL refuses to run as root.
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir("/tmp").output()
}

fn succeed(program: &Path, arguments: &[&str]) -> io::Result<()> {
    let output = run(program, arguments)?;
    let said = || format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(io::Error::other(said())) }
}

impl Cluster {
    /// Starts one. What it is told to keep need not survive a power cut.
    ///
    /// # Errors
    /// What PostgreSQL's programs say.
    pub fn start() -> io::Result<Self> {
        // Short, since the path of a socket may have 107 bytes.
        let dir = tempfile::Builder::new().prefix("hpg").tempdir_in("/tmp")?;
        if is_root() && !Command::new("chown").arg("postgres").arg(dir.path()).status()?.success() {
            return Err(io::Error::other("chown postgres"));
        }
        let cluster = Self { bin: bin()?, dir };
        let (data, log) = (cluster.path("data"), cluster.path("log"));
        succeed(&cluster.bin.join("initdb"), &["-D", &data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"])?;
        let options = format!("-c listen_addresses= -c unix_socket_directories={} -c fsync=off", cluster.dir.path().display());
        succeed(&cluster.bin.join("pg_ctl"), &["-D", &data, "-l", &log, "-w", "-o", &options, "start"])?;
        Ok(cluster)
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// A new database and its URL.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn database(&self, name: &str) -> io::Result<String> {
        let socket = self.dir.path().display().to_string();
        succeed(&self.bin.join("createdb"), &["-h", &socket, "-U", "postgres", name])?;
        Ok(format!("postgres://postgres@localhost/{name}?host={socket}"))
    }

    /// Runs statements in a database.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn execute(&self, name: &str, statements: &str) -> io::Result<()> {
        let socket = self.dir.path().display().to_string();
        let stop = "ON_ERROR_STOP=1";
        succeed(&self.bin.join("psql"), &["-q", "-v", stop, "-h", &socket, "-U", "postgres", "-d", name, "-c", statements])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ended = run(&self.bin.join("pg_ctl"), &["-D", &self.path("data"), "-m", "immediate", "stop"]);
    }
}
