//! A backup that was written once, by the first program that knew the format, and must open for ever.

use haubert_gateway::backup::make::{Wanted, make};
use haubert_gateway::backup::read::verify;
use haubert_gateway::store::{Db, own_profiles};
use haubert_historian::{Key as HistoryKey, Reader, Sample, SeriesSpec, Store};
use haubert_model::{LoadId, Quantity, Reason, RecordKind, Timestamp};
use haubert_trust::{Key, RecoveryKey, SealedFor, Unlock};
use std::path::Path;
use uuid::Uuid;

const GOLDEN: &str = "tests/golden/backup-v1.haubert-backup";
/// On paper, so to say.
const PAPER: &str = "tests/golden/backup-v1.recovery-key";
const FROM: Timestamp = Timestamp::from_secs(1_763_715_600);

/// Writes the file anew; only when a program of another format must be able to open it, too, is another one written beside it.
fn write() {
    let dir = tempfile::tempdir().unwrap();
    let (config, history, key) = (dir.path().join("config.db"), dir.path().join("history.db"), Key::random().unwrap());
    let db = Db::open(&config, &key).unwrap();
    db.call_blocking(|tx| own_profiles::put(tx, "own/pump", "text")).unwrap();
    let mut store = Store::open(&history, &HistoryKey::new(*key.expose())).unwrap();
    let spec = SeriesSpec {
        kind: RecordKind::Trend,
        quantity: Quantity::Frequency,
        exponent: -3,
        period_ms: Some(1000),
        load: LoadId(Uuid::from_u128(1)),
        rollover: None,
    };
    let series = store.declare(&spec).unwrap();
    let samples: Vec<_> = (0..100)
        .map(|second| (series, Sample::measured(FROM.plus_ms(second * 1000), 50_000 + second, Reason::Measured)))
        .collect();
    store.append(&samples).unwrap();
    let recovery = RecoveryKey::random().unwrap();
    let wanted = Wanted {
        config,
        history: Some((Reader::open(&history, &HistoryKey::new(*key.expose())).unwrap(), Timestamp(i64::MIN))),
        key,
        history_identity: store.identity().unwrap(),
        site: "Quai".to_owned(),
        now: FROM,
        sealed_for: SealedFor::Recovery(recovery.public().unwrap()),
    };
    let mut bytes = Vec::new();
    make(&wanted, &mut bytes).unwrap();
    std::fs::create_dir_all("tests/golden").unwrap();
    std::fs::write(GOLDEN, bytes).unwrap();
    std::fs::write(PAPER, recovery.text().expose()).unwrap();
}

#[test]
fn the_first_backup_ever_made_still_opens() {
    if !Path::new(GOLDEN).exists() && std::env::var_os("HAUBERT_REWRITE").is_some() {
        write();
    }
    let dir = tempfile::tempdir().unwrap();
    let recovery = RecoveryKey::parse(&std::fs::read_to_string(PAPER).unwrap()).unwrap();
    let verified = verify(Path::new(GOLDEN), &Unlock::Recovery(recovery), dir.path(), &mut |_| true).unwrap();
    assert_eq!((verified.about.site.as_str(), verified.about.made_at), ("Quai", FROM));
    assert_eq!((verified.end.series, verified.end.samples), (1, 100));
    assert_eq!(verified.span, Some((FROM, FROM.plus_ms(99_000))));
    assert_eq!(verified.content.profiles, ["own/pump"]);
}
