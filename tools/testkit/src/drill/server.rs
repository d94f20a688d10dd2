//! One program on a disk that forgets.

use super::ledger::table_path;
use crate::disk::{Cut, Disk, Fault, Kind, Manner};
use crate::{Api, Dice, Program, bin_dir};
use reqwest::Method;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

const USER: &str = "drill";
const PASSWORD: &str = "Correct-Horse7";

/// A gateway or a hub on such a disk.
pub struct Server {
    name: &'static str,
    dir: PathBuf,
    /// Its disk.
    pub disk: Disk,
    arguments: Vec<String>,
    /// The program, unless it was killed or stopped.
    pub program: Option<Program>,
    /// A client that is signed in.
    pub api: Api,
}

impl Server {
    /// Starts it for the first time, on a disk of its own below `dir` and with `more` arguments, and creates the first account.
    ///
    /// # Errors
    /// When it does not start or cannot be set up.
    pub async fn start(name: &'static str, dir: &Path, more: &[String]) -> Result<Self, String> {
        let said = |error: crate::Error| error.to_string();
        std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let disk = Disk::new(dir).map_err(said)?;
        let data = disk.root().join("data").to_string_lossy().into_owned();
        let mut arguments: Vec<String> = ["--data-dir", &data, "--listen", "127.0.0.1:0"].map(str::to_owned).to_vec();
        arguments.extend_from_slice(more);
        let program = Program::start_with(name, name, dir, &arguments, &disk.environment(Manner::Honest)).await.map_err(said)?;
        // The same addresses for ever: the gateway must find the hub again.
        for (flag, key) in [("--listen", "https"), ("--link-listen", "link")] {
            if let Some(place) = arguments.iter().position(|one| one == flag).and_then(|at| arguments.get_mut(at + 1)) {
                program.ready_text(key).trim_start_matches("https://").clone_into(place);
            }
        }
        let api = Api::new(&program.ready_text("https"), Path::new(&program.ready_text("ca_file"))).map_err(said)?;
        let code = program.setup_code().await.map_err(said)?;
        api.set_up(&code, USER, PASSWORD).await?;
        Ok(Self { name, dir: dir.to_owned(), disk, arguments, program: Some(program), api })
    }

    /// Has it killed at the `nth` change from now on that it makes to its files.
    ///
    /// # Errors
    /// When the disk's switch cannot be written.
    pub fn end_at(&self, nth: u64) -> Result<(), String> {
        self.disk.faults().arm(&Kind::CHANGES, nth, Fault::End, 1).map_err(|error| error.to_string())
    }

    /// Kills it, if it still runs, and cuts the power of its disk.
    ///
    /// # Errors
    /// When the disk cannot be read or written.
    pub async fn cut_off(&mut self, dice: &mut Dice) -> Result<Cut, String> {
        self.disk.faults().disarm().map_err(|error| error.to_string())?;
        if let Some(program) = self.program.take() {
            program.kill().await;
        }
        self.disk.cut_power(dice).map_err(|error| error.to_string())
    }

    /// Starts it again; tells how long it took until it served. The session of before still holds, or is made anew.
    ///
    /// # Errors
    /// When it does not start, or does not know its account any more.
    pub async fn restart(&mut self, manner: Manner) -> Result<Duration, String> {
        let began = Instant::now();
        let environment = self.disk.environment(manner);
        let program = Program::start_with(self.name, self.name, &self.dir, &self.arguments, &environment).await;
        let took = began.elapsed();
        self.program = Some(program.map_err(|error| error.to_string())?);
        let answer = self.api.send(Method::GET, "/session", None).await.map_err(|error| error.to_string())?;
        if answer.status.as_u16() == 401 {
            self.api.sign_in(USER, PASSWORD).await?;
        }
        Ok(took)
    }

    /// Starts it and kills it again before it can have got far.
    ///
    /// # Errors
    /// When it cannot be started, or the disk cannot be read or written.
    pub async fn stumble(&mut self, manner: Manner, dice: &mut Dice) -> Result<Cut, String> {
        let said = |error: std::io::Error| format!("{}: {error}", self.name);
        let mut child = Command::new(bin_dir().join(self.name))
            .args(&self.arguments)
            .envs(self.disk.environment(manner))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(said)?;
        tokio::time::sleep(Duration::from_millis(dice.between(1, 120))).await;
        child.kill().await.map_err(said)?;
        self.disk.cut_power(dice).map_err(|error| error.to_string())
    }

    /// Stops it in its tracks.
    pub fn freeze(&self) {
        self.program.iter().for_each(Program::freeze);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.program.iter().for_each(Program::thaw);
    }

    /// Stops it as an operator would.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<(), String> {
        match self.program.take() {
            Some(program) => program.stop().await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// A file of its data.
    pub fn file(&self, name: &str) -> PathBuf {
        self.disk.root().join("data").join(name)
    }

    /// Words of its log that must never be there.
    pub fn panics(&self) -> Vec<String> {
        let log = std::fs::read(self.dir.join(format!("{}.log", self.name))).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| line.contains("panicked at")).map(|line| format!("{}: {line}", self.name)).collect()
    }

    /// Numbers of the series of `kind` under `path`.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn series(&self, path: &str, kind: &str) -> Result<Vec<u64>, String> {
        let all = self.api.get(&format!("{path}/series?kind={kind}")).await?;
        let items = all["items"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(items.iter().filter(|one| !one["last_at"].is_null()).filter_map(|one| one["id"].as_u64()).collect())
    }

    /// A CSV of these series from `from` on.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn csv(&self, path: &str, series: &[u64], from: &str) -> Result<String, String> {
        let path = table_path(path, series, from, "2100-01-01T00:00:00Z");
        let answer = self.api.send(Method::GET, &path, None).await.map_err(|error| error.to_string())?;
        if answer.status.is_success() { Ok(answer.text) } else { Err(format!("{path}: {}: {}", answer.status, answer.text)) }
    }

    /// Names in a list.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn names(&self, path: &str) -> Result<Vec<String>, String> {
        let list = self.api.get(path).await?;
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(items.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect())
    }

    /// Events of this program with one of these codes.
    ///
    /// # Errors
    /// What the program refused.
    pub async fn alarms(&self, codes: &[&str]) -> Result<Vec<Value>, String> {
        let events = self.api.get("/events?limit=500").await?;
        let items = events["items"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(items.iter().filter(|event| event["code"].as_str().is_some_and(|code| codes.contains(&code))).cloned().collect())
    }
}
