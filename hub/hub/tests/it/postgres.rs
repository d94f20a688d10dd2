//! The same scenarios, and a whole hub, on a real PostgreSQL server of this test's own.

use crate::{inventory, standing, store, support};
use haubert_hub::store::Store;
use haubert_link::Link;
use haubert_model::Secret;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A cluster in a directory of its own, reached by a socket in it: no port, nothing shared.
struct Cluster {
    dir: TempDir,
    bin: PathBuf,
}

fn bin() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).filter(|bin| bin.join("initdb").exists()));
    found.into_iter().next().expect("PostgreSQL's initdb is not installed (package postgresql); `make test` installs it")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    // PostgreSQL refuses to run as root.
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir("/tmp").output().unwrap()
}

fn succeed(program: &Path, arguments: &[&str]) {
    let output = run(program, arguments);
    assert!(output.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
}

impl Cluster {
    fn start() -> Self {
        // Short, since the path of a socket may have 107 bytes.
        let dir = tempfile::Builder::new().prefix("hpg").tempdir_in("/tmp").unwrap();
        if is_root() {
            let changed = Command::new("chown").arg("postgres").arg(dir.path()).status().unwrap();
            assert!(changed.success());
        }
        let cluster = Self { bin: bin(), dir };
        let (data, log) = (cluster.path("data"), cluster.path("log"));
        succeed(&cluster.bin.join("initdb"), &["-D", &data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]);
        let options = format!("-c listen_addresses= -c unix_socket_directories={} -c fsync=off", cluster.dir.path().display());
        succeed(&cluster.bin.join("pg_ctl"), &["-D", &data, "-l", &log, "-w", "-o", &options, "start"]);
        cluster
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// A new database and its URL.
    fn database(&self, name: &str) -> String {
        let socket = self.dir.path().display().to_string();
        succeed(&self.bin.join("createdb"), &["-h", &socket, "-U", "postgres", name]);
        format!("postgres://postgres@localhost/{name}?host={socket}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = run(&self.bin.join("pg_ctl"), &["-D", &self.path("data"), "-m", "immediate", "stop"]);
    }
}

#[tokio::test]
async fn every_store_scenario_holds() {
    let cluster = Cluster::start();
    macro_rules! each {
        ($($scenario:ident),+) => {$(
            let opened = Store::open_postgres(&cluster.database(stringify!($scenario))).await.unwrap();
            store::$scenario(opened.clone()).await;
            opened.close().await;
        )+};
    }
    each!(accounts_and_sessions, wrong_tries, directory, enrolment_and_revocation, upload_and_history);
}

#[tokio::test]
async fn where_organisations_stand_is_the_same_on_it() {
    let cluster = Cluster::start();
    macro_rules! each {
        ($($scene:ident),+ $(,)?) => {$(
            let url = cluster.database(stringify!($scene));
            let mut hub = support::TestHub::start_with(|config| config.database_url = Secret::new(url)).await;
            standing::$scene(&hub).await;
            hub.stop().await;
        )+};
    }
    each!(
        from_nothing_to_a_score,
        two_people_lose_nobodys_words,
        a_scenario_and_a_data_path_show_which_rings_hold,
        a_gateway_that_shows_otherwise_contradicts_what_is_declared,
        a_label_is_given_when_it_is_reached_and_anybody_can_check_it,
        a_plan_keeps_its_order_and_nobodys_words_are_lost,
    );
}

#[tokio::test]
async fn the_inventory_is_the_same_on_it() {
    let cluster = Cluster::start();
    macro_rules! each {
        ($($scene:ident),+ $(,)?) => {$(
            let url = cluster.database(stringify!($scene));
            let mut hub = support::TestHub::start_with(|config| config.database_url = Secret::new(url)).await;
            inventory::$scene(&hub).await;
            hub.stop().await;
        )+};
    }
    each!(
        assets_are_described_and_nobodys_words_are_lost,
        gateways_and_their_devices_enter_by_themselves,
        a_table_is_looked_at_before_it_counts,
        what_is_taken_along_comes_back_as_it_was,
        zones_and_conduits_hold_together,
        advisories_bear_on_what_is_there,
    );
}

#[tokio::test]
async fn a_whole_hub_runs_on_it_by_one_setting_and_restarts() {
    let cluster = Cluster::start();
    let url = cluster.database("hub");
    let mut hub = support::TestHub::start_with(|config| config.database_url = Secret::new(url)).await;
    let ana = hub.coordinator().await;
    let (id, enrolment) = hub.waiting_gateway(&ana).await;
    let link = Link::new(&hub.enrol(&enrolment).await.unwrap()).unwrap();
    link.hello(&support::hello(2)).await.unwrap();
    link.series(vec![support::declaration()]).await.unwrap();
    link.chunks(vec![support::chunk(1), support::chunk(2)]).await.unwrap();
    link.live(&support::live()).await.unwrap();
    hub.stop().await;
    hub.restart().await;
    assert!(hub.started().setup_code.is_none(), "the account is there");
    assert_eq!(link.hello(&support::hello(2)).await.unwrap().acknowledged, 2);
    assert_eq!(ana.get(&format!("/gateways/{id}")).await["power_w"], 1500.0, "the session is there too");
    assert!(!hub.config.data_dir.join("hub.sqlite3").exists());
    hub.stop().await;
}
