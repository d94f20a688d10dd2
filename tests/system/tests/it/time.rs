//! A gateway whose clock a test can set: what a machine without a clock, a time server that errs and the calendar do to history.

use crate::stage::{ONE_METER, PASSWORD, SOON, adopt, client, live_value, plant, search, tcp_bus, text};
use crate::surroundings::{events, faketime, under};
use haubert_testkit::{Api, Program, SECURITY_USER, until};
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

/// A gateway and the hands of its clock. Its data outlives the program.
pub(crate) struct Clocked {
    pub(crate) program: Program,
    pub(crate) api: Api,
    pub(crate) dir: TempDir,
}

/// The clock as libfaketime takes it: a shift such as `+3600`, or a date such as `@1970-01-01 00:00:05`.
pub(crate) fn set(dir: &TempDir, to: &str) {
    // Replaced in one step, as a time service would step the clock; a half-read file must not be seen.
    let next = dir.path().join("next");
    std::fs::write(&next, to).unwrap();
    std::fs::rename(&next, hands(dir)).unwrap();
}

fn hands(dir: &TempDir) -> PathBuf {
    dir.path().join("clock")
}

impl Clocked {
    pub(crate) async fn start(to: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("disk")).unwrap();
        let (program, api) = boot(&dir, to).await;
        api.set_up(&program.setup_code().await.unwrap(), "ana", PASSWORD).await.unwrap();
        Self { program, api, dir }
    }

    /// Cuts the power, and starts again with another time.
    pub(crate) async fn reboot(self, to: &str) -> Self {
        let Self { program, dir, .. } = self;
        program.kill().await;
        let (program, api) = boot(&dir, to).await;
        api.sign_in("ana", PASSWORD).await.unwrap();
        Self { program, api, dir }
    }

    /// Sets the clock and signs in again: a session does not survive much of a jump.
    pub(crate) async fn set(&self, to: &str) {
        set(&self.dir, to);
        self.sign_in().await;
    }

    pub(crate) async fn sign_in(&self) {
        until("somebody can sign in", SOON, || async { self.api.sign_in("ana", PASSWORD).await.ok() }).await.unwrap();
    }
}

/// For a clock that leaps over years while the site is changed: a password that is due would close the configuration.
async fn let_passwords_grow_old(program: &Program) {
    let security = client(program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    let mut rules = security.get("/access-rules").await.unwrap();
    rules["passwords"]["max_age_days"] = Value::Null;
    for shown in ["profile", "shipped"] {
        rules.as_object_mut().unwrap().remove(shown);
    }
    security.put("/access-rules", rules).await.unwrap();
}

async fn boot(dir: &TempDir, to: &str) -> (Program, Api) {
    set(dir, to);
    let before = [
        format!("LD_PRELOAD={}", text(&faketime())),
        format!("FAKETIME_TIMESTAMP_FILE={}", text(&hands(dir))),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let program = under("/usr/bin/env", &before, dir.path()).await;
    let api = client(&program);
    (program, api)
}

/// Time, value and reason of a sample.
pub(crate) type Row = (i64, Option<f64>, String);

/// All samples of a series, as they were recorded.
pub(crate) async fn rows(api: &Api, id: &Value) -> Vec<Row> {
    let path = format!("/exports/samples?ids={id}&from=1971-01-01T00:00:00Z&to=2200-01-01T00:00:00Z");
    let answer = api.send(reqwest::Method::GET, &path, None).await.unwrap();
    assert!(answer.status.is_success(), "{path}: {}", answer.text);
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').map(|field| field.trim_matches('"')).collect();
        let at = fields[0].parse::<jiff::Timestamp>().unwrap().as_millisecond();
        (at, fields[2].parse().ok(), fields[3].to_owned())
    };
    answer.text.lines().skip(1).map(row).collect()
}

/// Times and reasons of the recorded trend of frequency.
async fn trend(api: &Api) -> Vec<(i64, String)> {
    let Ok(series) = api.get("/series?kind=trend&quantity=frequency").await else { return Vec::new() };
    match series["items"].get(0) {
        Some(one) => rows(api, &one["id"]).await.into_iter().map(|(at, _, reason)| (at, reason)).collect(),
        None => Vec::new(),
    }
}

async fn measuring(gateway: &Clocked, plant: &crate::stage::Plant) -> Value {
    let bus = tcp_bus(&gateway.api, "tcp", plant.bus("tcp")["port"].as_u64().unwrap() as u16).await;
    let found = search(&gateway.api, &bus, 1, 1).await;
    let device = adopt(&gateway.api, &bus, &found["found"][0]).await;
    live_value(&gateway.api, &device, "frequency").await;
    device
}

async fn grown(api: &Api, than: usize) -> Vec<(i64, String)> {
    until("history goes on", SOON, || async { Some(trend(api).await).filter(|rows| rows.len() > than + 2) }).await.unwrap()
}

#[tokio::test]
async fn a_machine_without_a_clock_keeps_samples_in_order_across_boots_and_says_how_far_they_are_off() {
    let plant = plant(ONE_METER).await;
    let gateway = Clocked::start("@1970-01-01 00:00:05").await;
    measuring(&gateway, &plant).await;
    let first = grown(&gateway.api, 0).await;
    assert!(first.iter().all(|(_, reason)| reason == "clock_not_set"), "{first:?}");
    // Again 1970, as after each power cut: what comes now comes after what was.
    let gateway = gateway.reboot("@1970-01-01 00:00:05").await;
    let second = grown(&gateway.api, first.len()).await;
    assert!(second.starts_with(&first), "what was recorded before the cut is still there, first\n{first:?}\n{second:?}");
    assert!(second.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let home = gateway.api.get("/home").await.unwrap();
    assert!(home["notices"].as_array().unwrap().iter().any(|notice| notice["code"] == "clock_not_set"), "{home}");
    // The time server is reached at last.
    gateway.set("+0").await;
    let told = until("the time that was set is told", SOON, || async { events(&gateway.api, "clock_was_set").await.pop() });
    let told = told.await.unwrap();
    let third = until("good samples", SOON, || async {
        Some(trend(&gateway.api).await).filter(|rows| rows.last().is_some_and(|(_, reason)| reason == "measured"))
    })
    .await
    .unwrap();
    assert!(third.starts_with(&first));
    // The event gives what the samples of this boot lack: with it they lie within seconds of when they were taken.
    let by_ms: i64 = told["params"]["by_ms"].as_str().unwrap().parse().unwrap();
    let last_guessed = third.iter().rev().find(|(_, reason)| reason == "clock_not_set").unwrap().0;
    let first_true = third.iter().find(|(_, reason)| reason == "measured").unwrap().0;
    let off = (first_true - last_guessed - by_ms).abs();
    haubert_score::record(
        "09.boots",
        off < 60_000,
        format!("{} samples in order over 3 boots, {off} ms off once the time was set", third.len()),
    );
    assert!(off < 60_000, "{by_ms} {last_guessed} {first_true}");
}

#[tokio::test]
async fn an_hour_that_comes_twice_is_recorded_twice() {
    let plant = plant(ONE_METER).await;
    let gateway = Clocked::start("+0").await;
    measuring(&gateway, &plant).await;
    let first = grown(&gateway.api, 3).await;
    // Back to before the first sample, so that the times of all of them come again; the clock was wrong by little.
    gateway.set("-8").await;
    let both = until("all seconds come again", SOON, || async {
        let rows = trend(&gateway.api).await;
        (rows.last()?.0 > first.last()?.0 + 3_000).then_some(rows)
    })
    .await
    .unwrap();
    assert!(first.iter().all(|row| both.contains(row)), "the first pass is as it was\n{first:?}\n{both:?}");
    let second: Vec<&(i64, String)> =
        both.iter().filter(|row| (first[0].0..=first.last().unwrap().0 + 1).contains(&row.0) && !first.contains(row)).collect();
    haubert_score::record("09.wall", !second.is_empty(), format!("{} samples bear a time that others bear too", second.len()));
    assert!(second.len() + 2 >= first.len().min(8), "the second pass is there too: {second:?}");
    assert!(second.iter().all(|(_, reason)| reason == "clock_not_set"), "{second:?}");
    assert!(both.last().unwrap().1 == "measured", "once time has caught up all is as ever");
    until("the jump is told", SOON, || async { events(&gateway.api, "clock_jump").await.pop() }).await.unwrap();
    haubert_score::record(
        "09.twice",
        true,
        format!("{} samples of the first pass kept, {} of the second marked", first.len(), second.len()),
    );
}

/// Seconds from now to a date.
fn until_date(date: &str) -> i64 {
    date.parse::<jiff::Timestamp>().unwrap().as_second() - jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn after_2038_all_goes_on() {
    let plant = plant(ONE_METER).await;
    let gateway = Clocked::start("+0").await;
    measuring(&gateway, &plant).await;
    // The last seconds that fit into 31 bits.
    gateway.set(&format!("+{}", until_date("2038-01-19T03:13:58Z"))).await;
    let limit = i64::from(i32::MAX) * 1_000;
    let rows = until("samples beyond", std::time::Duration::from_secs(60), || async {
        Some(trend(&gateway.api).await).filter(|rows| rows.iter().filter(|(at, _)| *at > limit).count() > 3)
    })
    .await
    .unwrap();
    let near: Vec<i64> = rows.iter().map(|row| row.0).filter(|at| (at - limit).abs() < 20_000).collect();
    assert!(near.first().is_some_and(|first| *first < limit), "{near:?}");
    assert!(near.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 10_000), "{near:?}");
    assert!(rows.iter().filter(|(at, _)| *at > limit).all(|(_, reason)| reason == "measured"));
    // Dates from 2050 on are another type in certificates, and days go on.
    gateway.set(&format!("+{}", until_date("2051-06-01T12:00:00Z"))).await;
    until("samples of 2051", SOON, || async {
        trend(&gateway.api).await.iter().any(|(at, _)| *at > 2_569_000_000_000).then_some(())
    })
    .await
    .unwrap();
    let day = gateway.api.get("/consumption?from=2051-06-01&to=2051-06-02&step=day&by=load&fluid=electricity").await;
    haubert_score::record("09.2038", day.is_ok(), format!("{} samples around the second, without a hole; 2051 too", near.len()));
    assert!(day.is_ok(), "{day:?}");
}

#[tokio::test]
async fn a_hub_met_in_1970_is_a_clear_error() {
    let hub = crate::stage::hub().await;
    let gateway = Clocked::start("@1970-01-01 00:00:05").await;
    let (_, enrolment) = crate::stage::register(&hub.api).await;
    let path = "/hub-link/enrolment";
    let joined = gateway.api.send(reqwest::Method::POST, path, Some(&crate::stage::joining(&enrolment))).await.unwrap();
    if joined.status.is_success() {
        // Joining trusts a fingerprint, not a date; talking afterwards does not.
        let told = until("the link tells of the clock", SOON, || async {
            let link = gateway.api.get("/hub-link").await.ok()?;
            link.to_string().contains("clock_disagrees").then_some(())
        });
        told.await.unwrap();
    } else {
        assert_eq!(joined.code(), "clock_disagrees", "{}", joined.text);
    }
    gateway.set("+0").await;
    until("the hub is reached once the time is right", std::time::Duration::from_secs(90), || async {
        let link = gateway.api.get("/hub-link").await.ok()?;
        if link["state"] == "online" {
            return Some(());
        }
        if !joined.status.is_success() {
            let _again = gateway.api.post(path, crate::stage::joining(&enrolment)).await;
        }
        None
    })
    .await
    .unwrap();
    haubert_score::record("09.tls", true, "refused as clock_disagrees in 1970, reached once the time was right");
}

/// Consumption per local day, from a day on.
async fn days(api: &Api, from: &str, to: &str) -> Value {
    api.get(&format!("/consumption?from={from}&to={to}&step=day&by=load&fluid=electricity")).await.unwrap()
}

/// The energy of each day, where it is known and not none.
fn consumed(days: &Value) -> Vec<(String, f64)> {
    let starts = days["buckets"].as_array().unwrap().iter().map(|bucket| bucket["start"].as_str().unwrap().to_owned());
    let row = days["rows"].as_array().unwrap().iter().find(|row| row["total"].is_number());
    let values = row.map(|row| row["values"].as_array().unwrap().clone()).unwrap_or_default();
    starts.zip(values).filter_map(|(start, value)| Some((start, value.as_f64().filter(|energy| *energy > 0.0)?))).collect()
}

/// A site is given another time zone while it records: its days begin elsewhere from then on, also those of before, no energy
/// is lost or counted twice, and recording does not notice.
#[tokio::test]
async fn another_time_zone_moves_the_days_and_no_energy() {
    let plant = plant(ONE_METER).await;
    // Noon in UTC: the same instant is the 11th in Auckland and the 10th everywhere west of it.
    let at = |time: &str| format!("+{}", until_date(&format!("2031-07-10T{time}Z")));
    let gateway = Clocked::start("+0").await;
    let_passwords_grow_old(&gateway.program).await;
    gateway.set(&at("11:40:00")).await;
    let zone = async |name: &str| {
        let site = serde_json::json!({"name": "Quai", "time_zone": name, "country": "FR"});
        gateway.api.put("/site", site).await.unwrap();
    };
    zone("Pacific/Auckland").await;
    measuring(&gateway, &plant).await;
    // Midnight in Auckland, which is twelve o'clock in UTC, lies between these readings.
    for time in ["11:43:30", "11:46:30", "11:49:30", "11:52:30", "12:10:30", "12:13:30", "12:16:30", "12:19:30"] {
        let before = trend(&gateway.api).await.len();
        gateway.set(&at(time)).await;
        grown(&gateway.api, before).await;
    }
    let (from, to) = ("2031-07-09", "2031-07-13");
    let auckland = until("energy on both sides of midnight", SOON, || async {
        let days = days(&gateway.api, from, to).await;
        (consumed(&days).len() == 2).then_some(days)
    })
    .await
    .unwrap();
    let there = consumed(&auckland);
    assert_eq!((there[0].0.as_str(), there[1].0.as_str()), ("2031-07-09T12:00:00.000Z", "2031-07-10T12:00:00.000Z"));
    zone("Europe/Paris").await;
    let paris = days(&gateway.api, from, to).await;
    assert_eq!(paris["time_zone"], "Europe/Paris");
    let here = consumed(&paris);
    assert_eq!(here.len(), 1, "one day in Paris: {here:?}");
    assert_eq!(here[0].0, "2031-07-09T22:00:00.000Z");
    let sum: f64 = there.iter().map(|(_, energy)| energy).sum();
    assert!(here[0].1 >= sum, "{here:?} after {there:?}");
    // It records on, and what comes now belongs to the same day of Paris.
    let before = trend(&gateway.api).await;
    gateway.set(&at("12:40:30")).await;
    let after = grown(&gateway.api, before.len()).await;
    assert!(after.starts_with(&before) && after.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let later = until("more energy", SOON, || async {
        let now = consumed(&days(&gateway.api, from, to).await);
        (now[0].1 > here[0].1).then_some(now)
    })
    .await
    .unwrap();
    assert_eq!((later.len(), &later[0].0), (1, &here[0].0));
    // And back: the first of Auckland's days is over and is what it was.
    zone("Pacific/Auckland").await;
    let again = consumed(&days(&gateway.api, from, to).await);
    assert!((again[0].1 - there[0].1).abs() < 1e-6 && again[1].1 >= there[1].1, "{again:?} after {there:?}");
}
