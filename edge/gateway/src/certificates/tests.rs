use super::*;
use crate::certificates::state::Kept;
use crate::chronicle::Chronicle;
use crate::store::events;
use haubert_model::Secret;
use haubert_trust::{CertificateInfo, Key};
use std::sync::atomic::{AtomicI64, Ordering};

const DAY_MS: i64 = 86_400_000;

/// A clock that stands where it is put.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

struct Stage {
    db: Db,
    clock: Arc<Hand>,
    folder: tempfile::TempDir,
    key: Key,
}

fn names() -> Vec<String> {
    vec!["gw.example".to_owned()]
}

impl Stage {
    fn new() -> Self {
        let (folder, key) = (tempfile::tempdir().unwrap(), Key::random().unwrap());
        let db = Db::open(&folder.path().join("config.db"), &key).unwrap();
        Self { db, clock: Arc::new(Hand(AtomicI64::new(1_795_000_000_000))), folder, key }
    }

    async fn open(&self) -> Certificates {
        let clock: Arc<dyn Clock> = Arc::<Hand>::clone(&self.clock);
        Certificates::open(self.db.clone(), clock, &names(), self.folder.path()).await.unwrap()
    }

    fn pass(&self, days: i64) {
        self.clock.0.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }
}

fn shown(certificates: &Certificates) -> Kept {
    certificates.now().current(IdentityUse::Https).unwrap().clone()
}

#[tokio::test]
async fn the_first_start_makes_an_identity_that_stays_and_is_nowhere_in_clear() {
    let stage = Stage::new();
    let first = shown(&stage.open().await);
    assert_eq!((first.origin, &first.info.names), (Origin::FirstStart, &names()));
    stage.pass(400);
    assert_eq!(shown(&stage.open().await).info.fingerprint, first.info.fingerprint);
    let needle = first.identity.key.expose().lines().nth(1).unwrap().as_bytes().to_vec();
    for entry in std::fs::read_dir(stage.folder.path()).unwrap() {
        let bytes = haubert_service::files::read_bounded(&entry.unwrap().path(), 1 << 24).unwrap();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
    // And only with the store's key is it there again.
    assert!(Db::open(&stage.folder.path().join("config.db"), &Key::random().unwrap()).is_err());
    assert!(Db::open(&stage.folder.path().join("config.db"), &stage.key).is_ok());
}

#[tokio::test]
async fn an_identity_kept_in_files_by_an_older_version_is_taken_over() {
    let stage = Stage::new();
    let old = Identity::self_signed(&names(), stage.clock.now()).unwrap();
    old.save(stage.folder.path()).unwrap();
    let taken = shown(&stage.open().await);
    assert_eq!(taken.identity.chain_pem, old.chain_pem);
    assert!(Identity::open(stage.folder.path()).unwrap().is_none(), "the key in the file is gone");
}

#[tokio::test]
async fn a_change_reaches_whoever_follows_and_can_be_taken_back_and_forth() {
    let stage = Stage::new();
    let certificates = stage.open().await;
    let mut follower = certificates.subscribe();
    let first = shown(&certificates).info.fingerprint;
    assert!(matches!(certificates.undo(IdentityUse::Https).await, Err(StoreError::Conflict(_))));
    let wanted = Wanted::server(&["other.example".to_owned()]);
    certificates.make_self_signed(IdentityUse::Https, wanted, KeyKind::EcP256, 30).await.unwrap();
    assert!(follower.has_changed().unwrap());
    let second = follower.borrow_and_update().current(IdentityUse::Https).unwrap().info.fingerprint;
    assert_ne!(first, second);
    certificates.undo(IdentityUse::Https).await.unwrap();
    assert_eq!(shown(&certificates).info.fingerprint, first);
    certificates.undo(IdentityUse::Https).await.unwrap();
    assert_eq!(shown(&stage.open().await).info.fingerprint, second, "stored, not only shown");
    certificates.undo(IdentityUse::Https).await.unwrap();
    stage.pass(31);
    assert!(matches!(certificates.undo(IdentityUse::Https).await, Err(StoreError::Conflict(_))), "that one has expired");
    assert!(matches!(certificates.remove(IdentityUse::Https).await, Err(StoreError::Conflict(_))));
}

#[tokio::test]
async fn the_key_of_a_request_waits_for_its_certificate() {
    let stage = Stage::new();
    let certificates = stage.open().await;
    certificates.make_request(IdentityUse::Https, Wanted::server(&names()), KeyKind::EcP256).await.unwrap();
    let certificates = stage.open().await;
    let pending = certificates.now().identities[&IdentityUse::Https].pending.clone().unwrap();
    // What an authority would answer; that it is signed by the same key does not matter here.
    let answer = Wanted::server(&names()).self_signed(pending.key.clone(), stage.clock.now(), 90).unwrap();
    let found = certificates.inspect(IdentityUse::Https, Upload::from_pem(&answer.chain_pem).unwrap());
    let identity = found.accepted().unwrap();
    assert_eq!(identity.key.expose(), pending.key.expose());
    certificates.install(IdentityUse::Https, identity, Origin::Uploaded).await.unwrap();
    assert!(certificates.now().identities[&IdentityUse::Https].pending.is_none());
    assert!(matches!(certificates.drop_request(IdentityUse::Https).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn expiry_is_told_once_and_what_was_made_unasked_is_made_anew() {
    let stage = Stage::new();
    let certificates = stage.open().await;
    let chronicle = Chronicle::start(stage.db.clone());
    let told = async || {
        chronicle.flush().await;
        let events = stage.db.call(|tx| events::list(tx, None, 100)).await.unwrap();
        events.into_iter().map(|event| event.code).collect::<Vec<_>>()
    };
    certificates.look(&chronicle, None).await.unwrap();
    assert!(told().await.is_empty());
    stage.pass(1_070);
    certificates.look(&chronicle, None).await.unwrap();
    certificates.look(&chronicle, None).await.unwrap();
    stage.open().await.look(&chronicle, None).await.unwrap();
    assert_eq!(told().await, ["certificate_expiring"]);
    let before = shown(&certificates).info.fingerprint;
    stage.pass(40);
    certificates.look(&chronicle, None).await.unwrap();
    let kept = shown(&certificates);
    assert!(kept.info.fingerprint != before && kept.origin == Origin::FirstStart);
    assert_eq!(told().await, ["certificate_renewed", "certificate_expiring"]);
    // One that somebody chose stays, and says so.
    certificates.make_self_signed(IdentityUse::Https, Wanted::server(&names()), KeyKind::EcP256, 5).await.unwrap();
    let chosen = shown(&certificates).info.fingerprint;
    stage.pass(6);
    certificates.look(&chronicle, None).await.unwrap();
    assert_eq!(shown(&certificates).info.fingerprint, chosen);
    assert_eq!(told().await[0], "certificate_expired");
}

#[tokio::test]
async fn trust_is_kept_per_link() {
    let stage = Stage::new();
    let certificates = stage.open().await;
    let folder = tempfile::tempdir().unwrap();
    let authority = haubert_trust::Authority::create(folder.path(), "ours", stage.clock.now()).unwrap();
    let pem = authority.certificate_pem().to_owned();
    certificates.believe(TrustUse::Syslog, vec![pem.clone(), pem]).await.unwrap();
    certificates.set_revocation(TrustUse::Syslog, Revocation::Required).await.unwrap();
    let certificates = stage.open().await;
    let believed = certificates.authorities(TrustUse::Syslog);
    assert_eq!((believed.certificates.len(), believed.revocation), (1, Revocation::Required));
    assert!(certificates.authorities(TrustUse::Hub).certificates.is_empty(), "another link believes nobody");
    certificates.disbelieve(TrustUse::Syslog, authority.fingerprint()).await.unwrap();
    assert!(certificates.authorities(TrustUse::Syslog).certificates.is_empty());
    assert!(matches!(certificates.disbelieve(TrustUse::Syslog, authority.fingerprint()).await, Err(StoreError::NotFound)));
    let many: Vec<String> = (0..=state::MAX_ANCHORS)
        .map(|_| haubert_trust::Authority::create(folder.path(), "one", stage.clock.now()).unwrap().certificate_pem().to_owned())
        .collect();
    assert!(matches!(certificates.believe(TrustUse::Hub, many).await, Err(StoreError::Conflict(_))));
    assert!(stage.open().await.authorities(TrustUse::Hub).certificates.is_empty(), "all or nothing");
}

#[test]
fn an_identity_does_not_print_its_key() {
    let identity = Identity::self_signed(&names(), Timestamp(1_795_000_000_000)).unwrap();
    let info = CertificateInfo::from_pem(&identity.chain_pem).unwrap();
    let secret = identity.key.expose().lines().nth(1).unwrap().to_owned();
    let kept = Kept { identity, info, origin: Origin::Uploaded, since: Timestamp(0) };
    assert!(!format!("{kept:?} {:?}", Secret::new(secret.clone())).contains(&secret));
}
