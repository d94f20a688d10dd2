//! The trail on real files: what a disk, a power cut and a hand with a hex editor do to it.

use super::export::{self, Format};
use super::files::{Files, Found, RESERVE};
use super::reading::{self, Filter};
use super::settings::AuditSettings;
use super::{Audit, segment};
use crate::store::{Db, StoreError, settings};
use haubert_model::{Clock, Timestamp};
use haubert_trust::Key;
use haubert_trust::audit::{Actor, ActorKind, Category, Entry, Fault, FaultKind, Head, Outcome, read_line};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

struct Bench {
    dir: tempfile::TempDir,
    key: Key,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), key: Key::random().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    fn open(&self) -> Audit {
        Audit::open(&self.path(), std::slice::from_ref(&self.key), AuditSettings::default()).unwrap()
    }

    fn db(&self) -> Db {
        Db::open(&self.dir.path().join("config.db"), &self.key).unwrap()
    }
}

fn said(n: u64) -> Entry {
    Entry::new(Actor::system(), Category::System, "said", Outcome::Success).detail("n", n).detail("padding", "x".repeat(300))
}

fn verdict(audit: &Audit) -> haubert_trust::audit::Verdict {
    reading::verify(&audit.reading(), audit.proof([])).unwrap()
}

fn records(audit: &Audit) -> Vec<haubert_trust::audit::Record> {
    let mut found = Vec::new();
    reading::oldest_first(&audit.reading(), 0, &Filter::default(), |(line, _)| {
        found.push(line.record);
        true
    })
    .unwrap();
    found
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "seg"))
        .collect();
    found.sort();
    found
}

#[test]
fn the_chain_goes_on_over_segments_and_starts() {
    let bench = Bench::new();
    for start in 0..3 {
        let audit = bench.open();
        for batch in 0..10 {
            audit.append((0..100).map(|n| said(start * 1000 + batch * 100 + n)).collect()).unwrap();
        }
    }
    let audit = bench.open();
    let verdict = verdict(&audit);
    assert_eq!((verdict.fault, verdict.records, verdict.first), (None, 3001, 1));
    assert!(segments(&bench.path()).len() > 1);
    let filter = Filter { text: Some("\"N\":\"2042\"".into()), ..Filter::default() };
    assert_eq!(reading::newest_first(&audit.reading(), u64::MAX, 10, &filter).unwrap().len(), 1);
    let page = reading::newest_first(&audit.reading(), 100, 10, &Filter::default()).unwrap();
    assert_eq!(page.iter().map(|(line, _)| line.record.seq).collect::<Vec<_>>(), (90..100).rev().collect::<Vec<_>>());
    // Nothing of it can be read without the key.
    let bytes = haubert_service::files::read_bounded(&segments(&bench.path())[0], 2 << 20).unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"padding"));
}

#[test]
fn what_a_hand_does_to_the_files_is_named() {
    let bench = Bench::new();
    let audit = bench.open();
    audit.append((0..3000).map(said).collect()).unwrap();
    let kept = audit.head().unwrap();
    drop(audit);
    let paths = segments(&bench.path());
    let copies: Vec<Vec<u8>> = paths.iter().map(|path| haubert_service::files::read_bounded(path, 2 << 20).unwrap()).collect();
    let frames = segment::frames(&copies[0]);
    let fault = |audit: &Audit| verdict(audit).fault;
    let restore =
        || paths.iter().zip(&copies).for_each(|(path, bytes)| segment::open(path).unwrap().write_all_at(bytes, 0).unwrap());

    let file = segment::open(&paths[0]).unwrap();
    file.write_all_at(&[0xff; 4], frames.at[41].start as u64 + 20).unwrap();
    assert_eq!(fault(&bench.open()), Some(Fault { seq: 42, kind: FaultKind::Unreadable }));
    restore();
    // Removed: what follows is moved over it.
    let (from, to) = (frames.at[99].start - 4, frames.at[99].end);
    file.write_all_at(&copies[0][to..], from as u64).unwrap();
    file.write_all_at(&vec![0; to - from], (segment::BYTES - (to - from)) as u64).unwrap();
    assert_eq!(fault(&bench.open()), Some(Fault { seq: 100, kind: FaultKind::Missing }));
    restore();
    assert_eq!(fault(&bench.open()), None, "the control");
    // The newest segment cut off, and then its file removed, with all copies of the head: only a head kept elsewhere tells.
    let last = paths.last().unwrap();
    let first_of_last = segment::Header::read(&copies[paths.len() - 1]).unwrap().before.seq + 1;
    std::fs::remove_file(last).unwrap();
    let audit = bench.open();
    let seen = reading::verify(&audit.reading(), audit.proof([kept])).unwrap();
    assert_eq!(seen.fault, Some(Fault { seq: first_of_last, kind: FaultKind::Missing }));
    assert!(records(&audit).iter().any(|record| record.action == "records_missing"));
}

#[test]
fn a_whole_trail_put_back_to_an_older_copy_is_told_by_the_configuration() {
    let bench = Bench::new();
    let db = bench.db();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let copy = bench.dir.path().join("copy");
    runtime.block_on(async {
        let audit = super::start::beside(&db, &bench.path(), &bench.key).await.unwrap();
        audit.append(vec![said(1)]).unwrap();
        copy_dir(&bench.path(), &copy);
        db.call(|tx| settings::set(tx, "site", &"Quai Nord")).await.unwrap();
    });
    drop(db);
    std::fs::remove_dir_all(bench.path()).unwrap();
    std::fs::rename(&copy, bench.path()).unwrap();
    let db = bench.db();
    let audit = runtime.block_on(super::start::beside(&db, &bench.path(), &bench.key)).unwrap();
    assert_eq!(records(&audit).last().unwrap().action, "rolled_back");
    assert_eq!(audit.state().suspect, Some("rolled_back"));
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[tokio::test]
async fn every_change_has_its_record_and_secrets_stay_out() {
    let bench = Bench::new();
    let db = bench.db();
    let audit = super::start::beside(&db, &bench.path(), &bench.key).await.unwrap();
    let request = super::actor::Request::new("192.0.2.7".into(), Default::default());
    let change = db.call(|tx| {
        settings::set(tx, "site", &serde_json::json!({"name": "Quai", "place": {"lat": 1, "lon": 2}}))?;
        settings::set(tx, "site", &serde_json::json!({"name": "Quai", "place": {"lat": 1, "lon": 3}}))?;
        settings::set(tx, "hub_link", &serde_json::json!({"key_pem": "SECRET-1", "hub_url": "https://hub"}))?;
        settings::set(tx, "hub_link", &serde_json::json!({"key_pem": "SECRET-2", "hub_url": "https://hub"}))?;
        settings::set(tx, "clock", &1)?;
        Ok(())
    });
    request.clone().scope(change).await.unwrap();
    let found = records(&audit);
    let changes: Vec<_> = found.iter().filter(|record| record.category == Category::Configuration).collect();
    assert_eq!(changes.len(), 4, "{changes:#?}");
    assert_eq!(request.changes(), 4);
    assert!(changes.iter().all(|record| record.actor.source == "192.0.2.7" && record.actor.kind == ActorKind::Anonymous));
    assert_eq!(changes[1].before.as_ref().unwrap(), &serde_json::json!({"value": {"place": {"lon": 2}}}));
    assert_eq!(changes[1].after.as_ref().unwrap(), &serde_json::json!({"value": {"place": {"lon": 3}}}));
    assert_eq!(changes[3].after.as_ref().unwrap(), &serde_json::json!({"value": {"key_pem": "[secret, changed]"}}));
    assert!(!serde_json::to_string(&found).unwrap().contains("SECRET"));
    // A change that is refused leaves no record, and one that changes nothing neither.
    let refused = db
        .call(|tx| {
            settings::set(tx, "site", &"other")?;
            Err::<(), _>(StoreError::NotFound)
        })
        .await;
    assert!(refused.is_err());
    db.call(|tx| settings::set(tx, "hub_link", &serde_json::json!({"key_pem": "SECRET-2", "hub_url": "https://hub"})))
        .await
        .unwrap();
    assert_eq!(records(&audit).len(), found.len());
}

#[tokio::test]
async fn what_a_command_at_the_machine_changes_is_taken_over() {
    let bench = Bench::new();
    let db = bench.db();
    let audit = super::start::beside(&db, &bench.path(), &bench.key).await.unwrap();
    // The command has the same file open beside the gateway, and no trail.
    let command = bench.db();
    command.call(|tx| settings::set(tx, "recovery", &serde_json::json!({"hash": "SECRET"}))).await.unwrap();
    audit.take_pending(&db).await.unwrap();
    audit.take_pending(&db).await.unwrap();
    let found = records(&audit);
    let last = found.last().unwrap();
    assert_eq!((last.actor.kind, &*last.action), (ActorKind::Console, "created"));
    assert_eq!(found.iter().filter(|record| record.action == "created").count(), 1);
    assert!(!serde_json::to_string(&found).unwrap().contains("SECRET"));
}

#[tokio::test]
async fn without_a_trail_nothing_is_changed_and_the_gap_is_recorded() {
    let bench = Bench::new();
    let db = bench.db();
    let audit = super::start::beside(&db, &bench.path(), &bench.key).await.unwrap();
    audit.fail_from_now_on(true);
    let refused = db.call(|tx| settings::set(tx, "site", &"Quai")).await;
    assert!(matches!(refused, Err(StoreError::Audit(_))), "{refused:?}");
    assert!(db.call(|tx| settings::get::<String>(tx, "site")).await.unwrap().is_none());
    // What the gateway notes by itself goes on, events among it.
    db.note(|tx| settings::set(tx, "clock", &7)).await.unwrap();
    let event = crate::store::events::NewEvent::new(Timestamp(0), crate::store::events::Severity::Info, "started", []);
    db.note(move |tx| crate::store::events::add(tx, &event)).await.unwrap();
    assert_eq!(audit.state().trouble.unwrap().missed, 2);
    audit.fail_from_now_on(false);
    audit.look_after(false);
    assert!(audit.state().trouble.is_none());
    let last = records(&audit).pop().unwrap();
    assert_eq!((&*last.action, &*last.details["missed"]), ("interrupted", "2"));
    db.call(|tx| settings::set(tx, "site", &"Quai")).await.unwrap();
    assert_eq!(verdict(&audit).fault, None);
    haubert_score::record(
        "29.failing",
        true,
        "change refused, 2 notes of the gateway's own missed, counted and recorded afterwards",
    );
}

#[test]
fn a_torn_write_is_forgotten_and_one_that_was_promised_is_missed() {
    let bench = Bench::new();
    let audit = bench.open();
    audit.append((0..5).map(said).collect()).unwrap();
    drop(audit);
    let path = segments(&bench.path()).remove(0);
    let bytes = haubert_service::files::read_bounded(&path, 2 << 20).unwrap();
    let frames = segment::frames(&bytes);
    // Half of a record that nobody was promised.
    let file = segment::open(&path).unwrap();
    file.write_all_at(&[&200u32.to_le_bytes()[..], &[7; 100]].concat(), frames.end as u64).unwrap();
    let audit = bench.open();
    audit.append(vec![said(6)]).unwrap();
    assert_eq!(verdict(&audit).fault, None);
    drop(audit);
    // The last one, which was promised, is gone.
    let bytes = haubert_service::files::read_bounded(&path, 2 << 20).unwrap();
    let last = segment::frames(&bytes).at.pop().unwrap();
    file.write_all_at(&vec![0; last.len() + 4], last.start as u64 - 4).unwrap();
    let audit = bench.open();
    let verdict = verdict(&audit);
    assert_eq!(verdict.fault, Some(Fault { seq: 7, kind: FaultKind::Missing }));
}

#[test]
fn another_storage_key_opens_the_same_trail_once_it_is_sealed_for_it() {
    let bench = Bench::new();
    bench.open().append(vec![said(1)]).unwrap();
    let next = Key::random().unwrap();
    super::rewrap_folder(&bench.path(), &bench.key, &next).unwrap();
    // The power went before the new key was in force: the old one still opens it.
    assert_eq!(records(&bench.open()).len(), 2);
    super::rewrap_folder(&bench.path(), &bench.key, &next).unwrap();
    let audit = Audit::open(&bench.path(), std::slice::from_ref(&next), AuditSettings::default()).unwrap();
    assert_eq!(records(&audit).len(), 2);
    drop(audit);
    // A key that opens nothing begins another trail and keeps the first.
    let (_, found) = Files::open(&bench.path(), &[Key::random().unwrap()], || bench.dir.path().join("aside")).unwrap();
    assert_eq!(found, Found::Unreadable(bench.dir.path().join("aside")));
    assert_eq!(records(&Audit::open(&bench.dir.path().join("aside"), &[next], AuditSettings::default()).unwrap()).len(), 2);
}

/// A record as changes of people make them.
fn typical(n: u64) -> Entry {
    let actor = Actor {
        kind: ActorKind::Person,
        account: "ana.martin".into(),
        profile: "admin".into(),
        source: "192.0.2.17".into(),
        session: "9f3a12bc9f3a".into(),
    };
    let mut entry = Entry::new(actor, Category::Configuration, "changed", Outcome::Success)
        .target("device", "018f3f7e-0000-7000-8000-000000000001", "Tableau général")
        .detail("n", n);
    entry.before = Some(serde_json::json!({"enabled": 1}));
    entry.after = Some(serde_json::json!({"enabled": 0}));
    entry
}

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn monotonic_ms(&self) -> u64 {
        0
    }
}

#[test]
fn old_records_go_by_age_and_room_and_the_rest_still_verifies() {
    let bench = Bench::new();
    let audit = bench.open();
    let clock = Arc::new(Hand(AtomicI64::new(1_795_255_200_000)));
    audit.attach(clock.clone(), Box::new(|| true), Box::new(|_| {}));
    let day = 86_400_000;
    // A thousand a day, as a person's changes are, in a ninth of the room of the smallest setting: ten days must fit.
    audit.set(AuditSettings { max_megabytes: 7, keep_days: 365, ..AuditSettings::default() });
    for _ in 0..12 {
        audit.append((0..1000).map(typical).collect()).unwrap();
        clock.0.fetch_add(day, Ordering::Relaxed);
        audit.look_after(true);
    }
    let (bytes, reserve) = audit.room();
    assert!(bytes <= 7 << 20 && reserve == RESERVE);
    let full = verdict(&audit);
    assert_eq!(full.fault, None);
    assert!(full.records >= 9_000, "{} bytes a record", bytes / full.records);
    assert!(full.first > 1, "something had to go");
    let days = full.records / 1_000;
    haubert_score::record("29.kept", days >= 9, format!("{days} days in 7 MiB, a ninth of the least room"));
    assert!(audit.state().short, "and was younger than promised, for this was a ninth of the room");
    // By age.
    audit.set(AuditSettings { keep_days: 90, ..AuditSettings::default() });
    clock.0.fetch_add(83 * day, Ordering::Relaxed);
    audit.look_after(true);
    let aged = verdict(&audit);
    assert_eq!(aged.fault, None);
    assert!(aged.first > full.first && aged.first < 7_000, "{aged:?}");
    audit.append((0..5).map(said).collect()).unwrap();
    // An export of what is left verifies by itself, and not when its end is cut off.
    let mut file = Vec::new();
    export::write(&audit.reading(), &audit.proof([]), &Filter::default(), Format::Jsonl, |piece| {
        file.extend(piece);
        true
    })
    .unwrap();
    let whole = export::verify(&file[..], Vec::new(), Some(audit.public_key())).unwrap();
    assert_eq!(whole.verdict.fault, None);
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    let cut = [&lines[..lines.len() - 3], &lines[lines.len() - 1..]].concat().concat();
    let cut = export::verify(&cut[..], Vec::new(), None).unwrap().verdict;
    assert_eq!(cut.fault.unwrap().kind, FaultKind::Truncated);
    let kept: Head = read_line(&lines[5][..lines[5].len() - 1]).unwrap().head(audit.proof([]).log);
    assert_eq!(export::heads(&serde_json::to_string(&kept).unwrap()), [kept]);
    let other = export::verify(&file[..], Vec::new(), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".parse().unwrap()));
    assert!(other.is_err());
    // Only some records: each is checked by itself.
    let some = Filter { text: Some("\"n\":\"7\"".into()), ..Filter::default() };
    let mut file = Vec::new();
    export::write(&audit.reading(), &audit.proof([]), &some, Format::Jsonl, |piece| {
        file.extend(piece);
        true
    })
    .unwrap();
    let found = export::verify(&file[..], Vec::new(), None).unwrap();
    assert!(found.filtered && found.verdict.fault.is_none() && found.verdict.records > 1);
    let forged = String::from_utf8(file).unwrap().replacen("ana.martin", "eve.martin", 1);
    assert_eq!(export::verify(forged.as_bytes(), Vec::new(), None).unwrap().verdict.fault.unwrap().kind, FaultKind::Edited);
}

#[test]
fn names_from_outside_are_no_formulas_in_a_spreadsheet() {
    let bench = Bench::new();
    let audit = bench.open();
    let actor = Actor { kind: ActorKind::Anonymous, account: "=cmd|' /C calc'!A0".into(), ..Actor::system() };
    audit.append(vec![Entry::new(actor, Category::AccessControl, "sign_in", Outcome::Refused)]).unwrap();
    let mut file = Vec::new();
    export::write(&audit.reading(), &audit.proof([]), &Filter::default(), Format::Csv, |piece| {
        file.extend(piece);
        true
    })
    .unwrap();
    let text = String::from_utf8(file).unwrap();
    assert!(text.contains(",'=cmd|"), "{text}");
    assert_eq!(text.lines().count(), 3);
}
