use super::super::file;
use super::*;
use haubert_guard::Network;
use haubert_trust::Key;
use std::sync::Mutex as Std;

/// A clock moved by hand: wall time, and time that nobody can set.
#[derive(Default)]
struct Hands(Std<(i64, u64)>);

impl Hands {
    fn pass(&self, ms: u64) {
        let mut hands = self.0.lock().unwrap();
        hands.0 += i64::try_from(ms).unwrap();
        hands.1 += ms;
    }

    fn set_wall(&self, ms: i64) {
        self.0.lock().unwrap().0 = ms;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.lock().unwrap().0)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.lock().unwrap().1
    }
}

struct Stage {
    _dir: tempfile::TempDir,
    db: Db,
    clock: Arc<Hands>,
    policies: Policies,
}

impl Stage {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("config.db"), &Key::random().unwrap()).unwrap();
        let clock = Arc::new(Hands(Std::new((1_795_000_000_000, 5_000))));
        let policies = Policies::open(db.clone(), clock.clone()).await.unwrap();
        Self { _dir: dir, db, clock, policies }
    }

    /// As after a restart: the clock that nobody can set begins anew.
    async fn restart(&mut self) {
        self.clock.0.lock().unwrap().1 = 7;
        self.policies = Policies::open(self.db.clone(), self.clock.clone()).await.unwrap();
    }

    async fn apply(&self, change: impl FnOnce(&mut Policy)) -> Result<Vec<Risk>, ApplyError> {
        let kept = self.policies.kept();
        let mut policy = kept.policy;
        change(&mut policy);
        self.policies.apply(policy, kept.revision, 120).await
    }
}

fn narrow(policy: &mut Policy) {
    let office: Network = "192.0.2.0/24".parse().unwrap();
    policy.services.set_sources(Service::WebView, vec![office]);
}

#[tokio::test]
async fn a_change_without_risk_is_in_force_at_once_and_after_a_restart() {
    let mut stage = Stage::new().await;
    let mut seen = stage.policies.subscribe();
    assert!(stage.apply(|policy| policy.services.set(Service::Discovery, false)).await.unwrap().is_empty());
    assert!(seen.has_changed().unwrap() && !seen.borrow_and_update().allows(Service::Discovery));
    assert_eq!(stage.policies.left_ms(), None);
    stage.clock.pass(1_000_000);
    assert!(!stage.policies.look().await);
    stage.restart().await;
    assert!(!stage.policies.allows(Service::Discovery) && stage.policies.kept().revision == 1);
}

#[tokio::test]
async fn what_nobody_confirms_is_taken_back() {
    let stage = Stage::new().await;
    assert_eq!(stage.apply(narrow).await.unwrap(), [Risk::Sources]);
    assert_eq!(stage.policies.left_ms(), Some(120_000));
    // Another change meanwhile does not make the first one stay.
    stage.apply(|policy| policy.services.set(Service::Exports, false)).await.unwrap();
    stage.clock.pass(119_999);
    assert!(!stage.policies.look().await);
    assert_eq!(stage.policies.current().sources(Service::WebView).len(), 1);
    stage.clock.pass(1);
    assert!(stage.policies.look().await && !stage.policies.look().await);
    let back = *stage.policies.current() == Policy::default();
    haubert_score::record("10.revert", back, "after 120,000 ms of its clock, not at 119,999");
    assert!(back);
    assert_eq!(stage.policies.left_ms(), None);
}

#[tokio::test]
async fn what_is_confirmed_stays() {
    let mut stage = Stage::new().await;
    stage.apply(narrow).await.unwrap();
    assert!(matches!(stage.policies.confirm(0).await, Err(ApplyError::Changed)), "of another revision");
    stage.policies.confirm(1).await.unwrap();
    assert!(matches!(stage.policies.confirm(1).await, Err(ApplyError::NothingToConfirm)));
    stage.clock.pass(1_000_000);
    assert!(!stage.policies.look().await);
    stage.restart().await;
    assert!(!stage.policies.look().await);
    let stays = stage.policies.current().sources(Service::WebView).len() == 1;
    haubert_score::record("10.confirmed", stays, "what is confirmed is not taken back");
    assert!(stays);
}

#[tokio::test]
async fn a_restart_does_not_end_the_probation_and_no_clock_prolongs_it() {
    let mut stage = Stage::new().await;
    stage.apply(narrow).await.unwrap();
    stage.clock.pass(100_000);
    stage.restart().await;
    assert_eq!(stage.policies.left_ms(), Some(20_000));
    // The battery was empty: it is 1970 again, and there is no more time than there was at first.
    stage.clock.set_wall(0);
    stage.restart().await;
    assert_eq!(stage.policies.left_ms(), Some(120_000));
    // Off for a day: over at once.
    stage.clock.set_wall(1_795_000_000_000 + 86_400_000);
    stage.restart().await;
    assert!(stage.policies.look().await);
    assert_eq!(*stage.policies.current(), Policy::default());
    stage.restart().await;
    assert_eq!(*stage.policies.current(), Policy::default());
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let stage = Stage::new().await;
    let mut seen = stage.policies.subscribe();
    let closed = |policy: &mut Policy| {
        policy.services.set(Service::WebView, false);
        policy.services.set(Service::LocalApi, false);
    };
    assert!(matches!(stage.apply(closed).await, Err(ApplyError::LastWayIn)));
    assert!(matches!(stage.apply(|policy| policy.version = 9).await, Err(ApplyError::Invalid(_))));
    assert!(matches!(stage.policies.apply(Policy::default(), 4, 120).await, Err(ApplyError::Changed)));
    assert!(matches!(stage.policies.take_back().await, Err(ApplyError::NothingToConfirm)));
    // Neither does a file that is refused, since it never becomes a policy.
    assert!(file::parse("[services.web_view]\nenabled = 1\n").is_err());
    assert!(!seen.has_changed().unwrap() && stage.policies.kept() == Kept::default());
    // The disk refuses: what is in force stays in force.
    stage.db.call_blocking(|tx| Ok(tx.execute_batch("drop table setting")?)).unwrap();
    assert!(matches!(stage.apply(narrow).await, Err(ApplyError::Store(_))));
    assert!(!seen.has_changed().unwrap() && *seen.borrow_and_update().clone() == Policy::default());
}

#[tokio::test]
async fn a_service_of_a_later_release_does_not_keep_an_older_one_from_starting() {
    let mut stage = Stage::new().await;
    stage.apply(|policy| policy.services.set(Service::HubLink, false)).await.unwrap();
    let add = |tx: &Transaction<'_>| {
        let mut stored: Value = settings::get(tx, NAME)?.unwrap();
        stored["policy"]["services"]["teleport"] = serde_json::json!({"enabled": true});
        settings::set(tx, NAME, &stored)
    };
    stage.db.call_blocking(add).unwrap();
    stage.restart().await;
    assert!(!stage.policies.allows(Service::HubLink));
}
