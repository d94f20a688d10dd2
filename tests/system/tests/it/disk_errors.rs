//! Every call to the disk fails once, and then for a while: it is told, nothing that was shown is lost, and it passes without a restart.

use crate::failing_disk::{FOR_EVER, WALK, witnessed};
use crate::stage::SOON;
use haubert_testkit::disk::{Fault, Kind, Manner};
use haubert_testkit::drill::{Ledger, Server, cells};
use haubert_testkit::{Dice, Witness, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

struct Stage {
    gateway: Server,
    series: Vec<u64>,
    ledger: Ledger,
    /// What was done last, for the words of a failure.
    step: String,
    _witness: Witness,
}

impl Stage {
    async fn new(dir: &Path) -> Self {
        let witness = Witness::start().await.unwrap();
        let gateway = witnessed(dir, &witness, 1).await;
        let series = until("series", SOON, || async {
            let series = gateway.series("", "trend").await.ok()?;
            (series.len() >= 15).then_some(series)
        })
        .await
        .unwrap();
        Self { gateway, series, ledger: Ledger::default(), step: String::new(), _witness: witness }
    }

    /// Everything that was shown is still shown.
    async fn look(&mut self) {
        let from = "2000-01-01T00:00:00Z";
        let now =
            until("history is shown", SOON, || async { self.gateway.csv("", &self.series, from).await.ok() }).await.unwrap();
        let now = cells(&now, &self.series);
        let gone = self.ledger.missing_from(&now, "");
        assert!(gone.is_empty(), "after {}: {gone:?}", self.step);
        self.ledger.take(now);
    }

    /// Samples come, and nothing is amiss.
    async fn goes_on(&mut self) {
        let before = self.ledger.len();
        let from = "2000-01-01T00:00:00Z";
        until("history goes on and no notice is left", SOON, || async {
            let now = cells(&self.gateway.csv("", &self.series, from).await.ok()?, &self.series);
            (now.len() > before + 15 && notices(&self.gateway).await?.is_empty()).then_some(())
        })
        .await
        .unwrap();
        self.look().await;
    }

    async fn restart(&mut self) {
        self.gateway.cut_off(&mut Dice::new(1)).await.unwrap();
        self.gateway.restart(Manner::Kept).await.unwrap();
    }
}

pub(crate) async fn notices(gateway: &Server) -> Option<Vec<String>> {
    let home = gateway.api.get("/home").await.ok()?;
    home["notices"].as_array()?.iter().map(|notice| notice["code"].as_str().map(str::to_owned)).collect()
}

fn site(name: &str) -> Value {
    json!({"name": name, "time_zone": "Europe/Paris", "country": "FR"})
}

#[tokio::test]
async fn a_call_to_the_disk_that_fails_once_loses_nothing_and_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path()).await;
    stage.restart().await;
    for (kind, fault) in WALK.into_iter().chain([(Kind::Name, Fault::Full)]) {
        for nth in [1, 2, 5] {
            stage.gateway.disk.faults().arm(&[kind], nth, fault, 1).unwrap();
            // A setting is either refused and not there, or accepted and there.
            let name = format!("{kind:?} {fault:?} {nth}");
            stage.step.clone_from(&name);
            let answer = stage.gateway.api.send(Method::PUT, "/site", Some(&site(&name))).await.unwrap();
            stage.look().await;
            stage.gateway.disk.faults().disarm().unwrap();
            let shown = stage.gateway.api.get("/site").await.unwrap()["name"].clone();
            assert_eq!(shown == name, answer.status.is_success(), "{name}: {} {}, shown {shown}", answer.status, answer.text);
        }
        stage.goes_on().await;
    }
    stage.restart().await;
    stage.look().await;
    assert!(stage.gateway.panics().is_empty(), "{:?}", stage.gateway.panics());
}

#[tokio::test]
async fn a_disk_that_fails_for_a_while_is_told_and_nothing_is_accepted_that_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path()).await;
    stage.restart().await;
    let cases = [
        (Kind::Write, Fault::Full, "disk_full"),
        (Kind::Write, Fault::Broken, "history_failing"),
        (Kind::Sync, Fault::Broken, "history_failing"),
    ];
    for (kind, fault, notice) in cases {
        stage.goes_on().await;
        stage.gateway.disk.faults().arm(&[kind], 1, fault, FOR_EVER).unwrap();
        let gateway = &stage.gateway;
        until(notice, SOON, || async { notices(gateway).await?.contains(&notice.to_owned()).then_some(()) }).await.unwrap();
        let name = format!("not kept {kind:?} {fault:?}");
        let answer = gateway.api.send(Method::PUT, "/site", Some(&site(&name))).await.unwrap();
        assert!(answer.status.is_server_error(), "{name}: {}", answer.status);
        stage.look().await;
        stage.gateway.disk.faults().disarm().unwrap();
        assert_ne!(stage.gateway.api.get("/site").await.unwrap()["name"], name);
    }
    stage.goes_on().await;
    stage.restart().await;
    stage.look().await;
    assert!(stage.gateway.panics().is_empty(), "{:?}", stage.gateway.panics());
}

/// A start at which a call fails either succeeds or ends with words; the next one finds everything.
#[tokio::test]
async fn a_start_during_which_the_disk_fails_ends_with_words_and_the_next_one_is_clean() {
    let dir = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(dir.path()).await;
    stage.look().await;
    let mut refused = 0;
    for (kind, fault) in WALK.into_iter().chain([(Kind::Name, Fault::Full)]) {
        for nth in [1, 2, 3, 5, 8, 13] {
            stage.gateway.cut_off(&mut Dice::new(nth)).await.unwrap();
            stage.step =
                format!("{}, then the power cut and {kind:?} {fault:?} {nth}", stage.step.rsplit("and ").next().unwrap());
            stage.gateway.disk.faults().arm(&[kind], nth, fault, 1).unwrap();
            if let Err(said) = stage.gateway.restart(Manner::Honest).await {
                assert!(!said.contains("panicked") && !said.contains("did not happen"), "{kind:?} {fault:?} {nth}: {said}");
                refused += 1;
                stage.gateway.disk.faults().disarm().unwrap();
                stage.gateway.restart(Manner::Honest).await.unwrap();
            }
            stage.gateway.disk.faults().disarm().unwrap();
            stage.look().await;
        }
    }
    assert!(refused > 0, "no fault was felt");
    let alarms = stage.gateway.alarms(&["history_damaged"]).await.unwrap();
    assert!(alarms.is_empty(), "a disk that failed once is no damaged history: {alarms:?}");
    assert!(stage.gateway.panics().is_empty(), "{:?}", stage.gateway.panics());
}
