//! One bit of what is stored changes: it is found out or it does not matter, but it is never shown as a measurement.

use crate::failing_disk::witnessed;
use crate::stage::SOON;
use haubert_testkit::disk::Manner;
use haubert_testkit::drill::{Cells, Server, cells};
use haubert_testkit::{Dice, Witness, commission, until};
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const EVER: &str = "2000-01-01T00:00:00Z";
/// Bits flipped in each program's data.
fn flips() -> u64 {
    haubert_score::count(60, 500)
}

/// What became of the flips.
#[derive(Debug, Default)]
struct Tally {
    harmless: usize,
    /// It did not start, and said why.
    refused: usize,
    /// It started and told what is missing.
    told: usize,
    /// Something else than what was measured was shown.
    wrong: Vec<String>,
    /// Share of what was there that could still be read, in per cent, of each start that lacked something.
    left: Vec<usize>,
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

type Image = HashMap<PathBuf, Vec<u8>>;

fn restore(folder: &Path, image: &Image) {
    for path in files(folder) {
        if !image.contains_key(&path) {
            std::fs::remove_file(path).unwrap();
        }
    }
    for (path, bytes) in image {
        // Over what is there: modes stay.
        std::fs::write(path, bytes).unwrap();
    }
}

/// A bit of the database four times of five, else of any file.
fn flip(image: &Image, databases: &[&str], dice: &mut Dice) -> String {
    let mut paths: Vec<&PathBuf> = image.keys().filter(|path| !image[*path].is_empty()).collect();
    paths.sort();
    if dice.percent(80) {
        paths.retain(|path| databases.iter().any(|name| path.ends_with(name)));
    }
    let path = paths[dice.between(0, paths.len() as u64) as usize];
    let mut bytes = image[path].clone();
    let at = dice.between(0, bytes.len() as u64) as usize;
    bytes[at] ^= 1 << dice.between(0, 8);
    std::fs::write(path, bytes).unwrap();
    format!("byte {at} of {}", path.file_name().unwrap().to_string_lossy())
}

/// Samples that are shown now, series by series, and whether every series could be read without a word of damage.
async fn shown(server: &Server, path: &str, series: &[u64]) -> (Cells, bool) {
    let (mut found, mut whole) = (Cells::new(), true);
    for one in series {
        match server.csv(path, &[*one], EVER).await {
            Ok(csv) => {
                whole &= !csv.contains("store_damaged");
                found.extend(cells(&csv, &[*one]));
            }
            Err(_) => whole = false,
        }
    }
    (found, whole)
}

/// A value up to `last` that is shown now and is not the one that was measured.
fn wrong<'a>(before: &Cells, now: &'a Cells, last: &(String, u64)) -> Option<&'a (String, u64)> {
    now.range(..=last.clone()).find(|(key, value)| before.get(*key) != Some(*value)).map(|(key, _)| key)
}

/// Whether a hub's look at its own database, begun at its start, ends with a finding. A gateway has no such page.
async fn hub_tells(server: &Server) -> bool {
    let ended = async || {
        server.api.get("/storage").await.ok().filter(|look| look["is_running"] == false && !look["checked_at"].is_null())
    };
    match server.api.get("/storage").await {
        Ok(look) if look.get("findings").is_some() => {
            let look = until("the hub has looked at its database", SOON, ended).await.unwrap();
            look["findings"].as_array().is_some_and(|findings| !findings.is_empty())
        }
        _ => false,
    }
}

async fn rot(server: &mut Server, path: &str, series: &[u64], databases: &[&str], seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    server.stop().await.unwrap();
    server.restart(Manner::Kept).await.unwrap();
    let (before, whole) = shown(server, path, series).await;
    assert!(whole && before.len() > series.len());
    let last = before.keys().next_back().unwrap().clone();
    server.stop().await.unwrap();
    let folder = server.file("");
    let image: Image = files(&folder).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    let mut tally = Tally::default();
    for _ in 0..flips() {
        restore(&folder, &image);
        let place = flip(&image, databases, &mut dice);
        if let Err(said) = server.restart(Manner::Kept).await {
            assert!(!said.contains("did not happen"), "{place}: {said}");
            eprintln!("{place}: {}", said.lines().last().unwrap_or_default());
            tally.refused += 1;
        } else {
            let (now, whole) = shown(server, path, series).await;
            let alarms = server
                .alarms(&["history_damaged", "history_salvaged", "history_restored", "config_restored"])
                .await
                .unwrap_or_default();
            if let Some(key) = wrong(&before, &now, &last) {
                tally.wrong.push(format!("{place}: {key:?}"));
            }
            let left = before.iter().filter(|(key, _)| now.contains_key(*key)).count();
            if left < before.len() {
                assert!(
                    !whole || !alarms.is_empty() || hub_tells(server).await,
                    "{place}: {} of {} samples are gone and nothing says so",
                    before.len() - left,
                    before.len()
                );
                tally.left.push(left * 100 / before.len());
                tally.told += 1;
            } else {
                tally.harmless += 1;
            }
        }
        server.stop().await.unwrap();
        assert!(server.panics().is_empty(), "{place}: {:?}", server.panics());
    }
    eprintln!("seed {seed}, {databases:?}: {tally:?}");
    tally
}

/// Bits flipped in plain text, which nothing protects: how many of so many make the judge find a wrong value.
async fn unprotected(server: &Server, series: &[u64], seed: u64) -> (u64, u64) {
    let text = server.csv("", series, EVER).await.unwrap();
    let before = cells(&text, series);
    let last = before.keys().next_back().unwrap().clone();
    let mut dice = Dice::new(seed);
    let found = (0..flips()).filter(|_| {
        let mut bytes = text.clone().into_bytes();
        let at = dice.between(0, bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.between(0, 8);
        wrong(&before, &cells(&String::from_utf8_lossy(&bytes), series), &last).is_some()
    });
    (found.count() as u64, flips())
}

fn report(id: &str, tally: &Tally, seed: u64) {
    let Tally { harmless, refused, told, wrong, .. } = tally;
    let shown = wrong.len();
    let figure = format!("{shown} shown; {told} told, {refused} refused at the start, {harmless} without effect; seed {seed}");
    haubert_score::record(id, wrong.is_empty(), figure);
    assert!(wrong.is_empty(), "shown as measurements: {wrong:#?}");
    assert!(refused + told > 0, "{tally:?}");
}

/// A gateway on the witness's meters, its folder, and its series once it has some history.
async fn measuring(dir: &Path, witness: &Witness) -> (Server, Vec<u64>) {
    let gateway = witnessed(dir, witness, 1).await;
    let series = until("history", SOON, || async {
        let series = gateway.series("", "trend").await.ok()?;
        (series.len() >= 15).then_some(series)
    })
    .await
    .unwrap();
    (gateway, series)
}

/// What can happen to a file of the gateway of which there is a second copy.
fn damages() -> Vec<(&'static str, usize, &'static str)> {
    let places = |file, told, places: &[usize]| places.iter().map(|at| (file, *at, told)).collect::<Vec<_>>();
    let key = places("storage.key", "key_restored", &[0, 13, 31]);
    let config = places("config.db", "config_restored", &[0, 15, 16, 100, 2_000, 4_095, 4_096, 10_000, 20_000]);
    let history = places("history.db", "history_restored", &[0, 15, 16, 100, 2_000, 4_095]);
    [key, config, history].concat()
}

#[tokio::test]
async fn of_what_is_kept_twice_one_good_copy_is_enough_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let witness = Witness::start().await.unwrap();
    let (mut gateway, series) = measuring(dir.path(), &witness).await;
    let site = json!({"name": "Quai gardé", "time_zone": "Europe/Paris", "country": "FR"});
    gateway.api.put("/site", site).await.unwrap();
    gateway.stop().await.unwrap();
    gateway.restart(Manner::Kept).await.unwrap();
    let (before, whole) = shown(&gateway, "", &series).await;
    assert!(whole && before.len() > series.len());
    gateway.stop().await.unwrap();
    let folder = gateway.file("");
    let image: Image = files(&folder).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    for (file, at, told) in damages() {
        restore(&folder, &image);
        let mut bytes = image[&gateway.file(file)].clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(gateway.file(file), bytes).unwrap();
        gateway.restart(Manner::Kept).await.unwrap_or_else(|said| panic!("byte {at} of {file}: {said}"));
        let events = gateway.alarms(&[told]).await.unwrap();
        assert_eq!(events.len(), 1, "byte {at} of {file}: {events:?}");
        assert_eq!(gateway.api.get("/site").await.unwrap()["name"], "Quai gardé", "byte {at} of {file}");
        let (now, whole) = shown(&gateway, "", &series).await;
        assert!(whole && before.iter().all(|(key, value)| now.get(key) == Some(value)), "byte {at} of {file}: samples are gone");
        gateway.stop().await.unwrap();
    }
    haubert_score::record("28.configuration", true, format!("{} places in key, configuration and history", damages().len()));
    // Both copies: refused with the file's name, and everything is left for whoever comes to help.
    restore(&folder, &image);
    for file in ["config.db", "config.db.last-good"] {
        let mut bytes = image[&gateway.file(file)].clone();
        bytes[100] ^= 1;
        std::fs::write(gateway.file(file), bytes).unwrap();
    }
    let said = gateway.restart(Manner::Kept).await.unwrap_err();
    assert!(said.contains("config.db") && said.contains("damaged"), "{said}");
    restore(&folder, &image);
    gateway.restart(Manner::Kept).await.unwrap();
    assert!(gateway.panics().is_empty(), "{:?}", gateway.panics());
}

#[tokio::test]
async fn a_flipped_bit_is_found_out_and_never_shown_as_a_measurement() {
    let dir = tempfile::tempdir().unwrap();
    let witness = Witness::start().await.unwrap();
    let (mut gateway, _) = measuring(dir.path(), &witness).await;
    let link = ["--link-listen".to_owned(), "127.0.0.1:0".to_owned()];
    let mut hub = Server::start("haubert-hub", &dir.path().join("hub"), &link).await.unwrap();
    let id = commission::enrol(&gateway.api, &hub.api).await.unwrap();
    let path = format!("/gateways/{id}");
    let series = until("history at the hub", SOON * 2, || async {
        let series = hub.series(&path, "trend").await.ok()?;
        (series.len() >= 15).then_some(series)
    })
    .await
    .unwrap();
    // The hub first, without a gateway that would mend it.
    gateway.stop().await.unwrap();
    let tally = rot(&mut hub, &path, &series, &["hub.sqlite3"], 1).await;
    report("06.hub", &tally, 1);
    gateway.restart(Manner::Kept).await.unwrap();
    let (found, tried) = unprotected(&gateway, &series, 3).await;
    haubert_score::record("06.plain", found > 0, format!("{found} of {tried} shown as wrong values; seed 3"));
    assert!(found > 0, "the judge sees nothing");
    let tally = rot(&mut gateway, "", &series, &["history.db", "config.db"], 2).await;
    report("06.gateway", &tally, 2);
}
