//! The store: each scenario on SQLite here, on PostgreSQL in `postgres.rs`.

use crate::support::*;
use haubert_hub::store::entity::fleet::{organisation, site};
use haubert_hub::store::{Caller, ChunkFault, GatewayState, Store, TokenState};
use haubert_link::message::*;
use haubert_model::*;
use haubert_service::door::{Account, AccountStore as _, NewPassword};
use haubert_service::lockout::{Key, LockoutRecord, LockoutStore as _};
use haubert_service::session::{SessionRecord, SessionStore as _};
use haubert_trust::{CertificateInfo, Fingerprint, PublicKeyKind, Token};

const NOW: Timestamp = Timestamp(T0);

fn id<T: std::str::FromStr>(n: u8) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("018f3f7e-0000-7000-8000-0000000000{n:02x}").parse().unwrap()
}

async fn gateway(store: &Store) -> GatewayId {
    let organisation: OrganisationId = id(0x10);
    let site_id: SiteId = id(0x11);
    let row =
        organisation::Model { id: organisation.to_string(), name: "Énergie & Cie".to_owned(), kind: "industry".to_owned() };
    store.add_organisation(row).await.unwrap();
    let row = site::Model {
        id: site_id.to_string(),
        organisation_id: organisation.to_string(),
        name: "Quai".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        country: "FR".to_owned(),
    };
    store.add_site(row).await.unwrap();
    let gateway = id(0x12);
    store.add_gateway(gateway, site_id, "Poste", NOW).await.unwrap();
    gateway
}

fn certificate(serial: &str) -> CertificateInfo {
    CertificateInfo {
        serial: serial.to_owned(),
        not_before: NOW,
        not_after: NOW.plus_ms(90 * 86_400_000),
        gateway: None,
        names: vec![],
        fingerprint: Fingerprint([7; 32]),
        subject: String::new(),
        issuer: String::new(),
        self_issued: false,
        is_authority: false,
        key: PublicKeyKind::Ec(256),
    }
}

pub(crate) async fn accounts_and_sessions(store: Store) {
    let account = |n: u8, name: &str| Account {
        id: id(n),
        name: name.to_owned(),
        profile: "coordinator".to_owned(),
        password_hash: "hash".to_owned(),
        password_changed_at: NOW,
        password_given: true,
        enabled: true,
    };
    assert!(store.is_empty().await.unwrap());
    let (one, two) = tokio::join!(store.create_first(vec![account(1, "ana")]), store.create_first(vec![account(2, "eve")]));
    assert!(one.unwrap() ^ two.unwrap(), "one of two set-ups at once wins");
    assert!(!store.is_empty().await.unwrap());
    let name = if haubert_service::door::AccountStore::find(&store, "ana").await.unwrap().is_some() { "ana" } else { "eve" };
    let user = haubert_service::door::AccountStore::find(&store, name).await.unwrap().unwrap();
    assert_eq!(haubert_service::door::AccountStore::find(&store, "nobody").await.unwrap(), None);

    let record = |created: i64, seen: i64| SessionRecord {
        user: user.id,
        user_name: user.name.clone(),
        profile: user.profile.clone(),
        password_changed_at: NOW,
        password_given: true,
        has_password: true,
        second_factor: false,
        created_at: Timestamp(created),
        last_seen_at: Timestamp(seen),
        source: "192.0.2.7".to_owned(),
        device: "a browser".to_owned(),
        provider: Some("port".to_owned()),
    };
    let (live, dead) = (Token::random().unwrap().digest(), Token::random().unwrap().digest());
    store.insert(live, record(1000, 1000)).await.unwrap();
    store.insert(dead, record(10, 10)).await.unwrap();
    store.touch(live, Timestamp(2000)).await.unwrap();
    store.remove_dead(Timestamp(100), Timestamp(100)).await.unwrap();
    let find = |digest| haubert_service::session::SessionStore::find(&store, digest);
    assert_eq!(find(live).await.unwrap(), Some(record(1000, 2000)));
    assert_eq!(find(dead).await.unwrap(), None);
    assert_eq!(store.list().await.unwrap(), [(live, record(1000, 2000))]);
    haubert_service::session::SessionStore::remove(&store, live).await.unwrap();
    assert_eq!(find(live).await.unwrap(), None);

    for (n, given) in [(1, false), (2, true), (3, false)] {
        let new = NewPassword { hash: format!("hash{n}"), at: NOW.plus_ms(n), given, keep: 2 };
        store.set_password(user.id, new).await.unwrap();
    }
    let now = store.find_by_id(user.id).await.unwrap().unwrap();
    assert_eq!((now.password_hash.as_str(), now.password_given, now.password_changed_at), ("hash3", false, NOW.plus_ms(3)));
    assert_eq!(store.former_passwords(user.id, 9).await.unwrap(), ["hash2", "hash1"]);
    store.signed_in(user.id, NOW).await.unwrap();
}

pub(crate) async fn wrong_tries(store: Store) {
    let record = |name: &str, failures| LockoutRecord {
        key: Key::Pair(name.to_owned(), "192.0.2.7".to_owned()),
        failures,
        repeats: 0,
        since: NOW,
        known: false,
        remaining_ms: Some(3_600_000),
    };
    store.save(vec![record("ana", 1), record("eve", 1)]).await.unwrap();
    store.save(vec![record("ana", 3)]).await.unwrap();
    haubert_service::lockout::LockoutStore::remove(&store, vec![record("eve", 0).key]).await.unwrap();
    assert_eq!(haubert_service::lockout::LockoutStore::load(&store).await.unwrap(), [record("ana", 3)]);
}

pub(crate) async fn directory(store: Store) {
    let gateway = gateway(&store).await;
    let row = store.gateway(gateway).await.unwrap().unwrap();
    assert_eq!((row.organisation_name.as_str(), row.state, row.status.is_none()), ("Énergie & Cie", GatewayState::Waiting, true));
    assert_eq!(store.gateways(Some(row.organisation_id), None, "", 10).await.unwrap().len(), 1);
    assert_eq!(store.gateways(Some(id(0x77)), None, "", 10).await.unwrap().len(), 0);
    assert_eq!(store.gateways(None, Some(row.site_id), "", 10).await.unwrap().len(), 1);
    assert_eq!(store.gateways(None, None, &gateway.to_string(), 10).await.unwrap().len(), 0, "after the cursor");
    assert_eq!(store.remove_organisation(row.organisation_id).await.unwrap(), None);
    assert_eq!(store.remove_site(row.site_id).await.unwrap(), None);
    assert!(store.update_gateway(gateway, row.site_id, "Poste B", NOW).await.unwrap());
    assert_eq!(store.gateway(gateway).await.unwrap().unwrap().name, "Poste B");
    assert!(store.remove_gateway(gateway, NOW).await.unwrap());
    assert_eq!(store.remove_site(row.site_id).await.unwrap(), Some(true));
    assert_eq!(store.remove_organisation(row.organisation_id).await.unwrap(), Some(true));
    assert_eq!(store.remove_organisation(row.organisation_id).await.unwrap(), Some(false));
}

pub(crate) async fn enrolment_and_revocation(store: Store) {
    let gateway = gateway(&store).await;
    let token = Token::random().unwrap().digest();
    let expires = NOW.plus_ms(1000);
    assert!(!store.add_token(id(0x66), token, expires).await.unwrap(), "no such gateway");
    assert!(store.add_token(gateway, token, expires).await.unwrap());
    assert_eq!(store.token_state(token, NOW).await.unwrap(), TokenState::Good(gateway));
    assert_eq!(store.token_state(token, expires).await.unwrap(), TokenState::Expired);
    let (one, two) = (certificate("a1"), certificate("a2"));
    let (first, second) = tokio::join!(store.enrol(token, gateway, &one, NOW), store.enrol(token, gateway, &two, NOW));
    assert!(first.as_ref().unwrap() ^ second.as_ref().unwrap(), "a token enrols once");
    let serial = if first.unwrap() { "a1" } else { "a2" };
    assert_eq!(store.token_state(token, NOW).await.unwrap(), TokenState::Used);
    assert_eq!(store.caller(serial).await.unwrap(), Caller::Gateway(gateway));
    assert_eq!(store.caller("ff").await.unwrap(), Caller::Unknown);
    store.add_certificate(gateway, &certificate("b1"), NOW).await.unwrap();
    assert_eq!(store.caller("b1").await.unwrap(), Caller::Gateway(gateway));
    let unused = Token::random().unwrap().digest();
    store.add_token(gateway, unused, expires).await.unwrap();
    assert!(store.revoke_gateway(gateway, NOW).await.unwrap());
    for serial in [serial, "b1"] {
        assert_eq!(store.caller(serial).await.unwrap(), Caller::Revoked);
    }
    assert_eq!(store.token_state(unused, NOW).await.unwrap(), TokenState::Unknown);
    assert_eq!(store.token_state(token, NOW).await.unwrap(), TokenState::Used, "it is still called what it is");
}

pub(crate) async fn upload_and_history(store: Store) {
    let gateway = gateway(&store).await;
    assert_eq!(store.store_chunks(gateway, &[chunk(1)], NOW).await.unwrap(), Err(ChunkFault::NotGreeted));
    store.greet(gateway, &hello(99), NOW).await.unwrap();
    assert_eq!(store.store_chunks(gateway, &[chunk(1)], NOW).await.unwrap(), Err(ChunkFault::SeriesUnknown(1)));
    let many: Vec<SeriesDeclaration> = (0..1500).map(|n| SeriesDeclaration { id: SeriesId(n), spec: spec() }).collect();
    assert!(store.declare(gateway, &many).await.unwrap());
    assert!(store.declare(gateway, &many).await.unwrap(), "repeating is harmless");
    assert_eq!(store.series(gateway).await.unwrap().len(), 1500);

    let all: Vec<Chunk> = (1..=100).map(chunk).collect();
    assert_eq!(store.store_chunks(gateway, &all[..50], NOW).await.unwrap(), Ok(50));
    assert_eq!(store.store_chunks(gateway, &all[..50], NOW).await.unwrap(), Ok(50), "idempotent");
    assert_eq!(store.store_chunks(gateway, &all[40..], NOW).await.unwrap(), Ok(100), "overlapping");
    let other = Chunk { cursor: 7, ..chunk(8) };
    assert_eq!(store.store_chunks(gateway, &[chunk(6), other, chunk(101)], NOW).await.unwrap(), Err(ChunkFault::Conflict(7)));
    assert_eq!(store.greet(gateway, &hello(99), NOW).await.unwrap().acknowledged, 100, "nothing of a faulty request stays");

    let (from, to) = (Timestamp(T0 + 15_000), Timestamp(T0 + 1_005_000));
    let samples = store.samples(gateway, 1, from, to, 10_000).await.unwrap().unwrap();
    assert_eq!(samples.iter().map(|sample| sample.raw).collect::<Vec<_>>(), (15..1005).collect::<Vec<_>>());
    assert_eq!(store.samples(gateway, 1, from, to, 100).await.unwrap(), None, "bounded");
    assert_eq!(store.samples(gateway, 2, from, to, 100).await.unwrap(), Some(vec![]));
    let series = store.one_series(gateway, 1).await.unwrap().unwrap();
    assert_eq!((series.first_at, series.last_at), (Some(all[0].first), Some(all[99].last)));

    let events: Vec<LinkEvent> = (1..=1200).map(event).collect();
    assert_eq!(store.store_events(gateway, &events[..700], NOW).await.unwrap(), Some(700));
    assert_eq!(store.store_events(gateway, &events[600..], NOW).await.unwrap(), Some(1200));
    let newest = store.events(gateway, None, 3).await.unwrap();
    assert_eq!(newest.iter().map(|event| event.id).collect::<Vec<_>>(), [1200, 1199, 1198]);
    assert_eq!(store.events(gateway, Some(2), 9).await.unwrap().len(), 1);

    let message = live();
    let bytes = haubert_link::encode(&message).unwrap();
    store.store_live(gateway, &message, &bytes, NOW).await.unwrap();
    store.store_live(gateway, &message, &bytes, NOW.plus_ms(5)).await.unwrap();
    assert_eq!(store.live(gateway).await.unwrap(), Some(message));
    let status = store.gateway(gateway).await.unwrap().unwrap().status.unwrap();
    assert_eq!((status.last_seen_at, status.version.as_str(), status.offline), (T0 + 5, "0.1.0", Some(2)));
    let loads = store.loads(gateway).await.unwrap();
    assert_eq!(loads[&load()].device_name, "Tableau 1");
    assert!(store.remove_gateway(gateway, NOW).await.unwrap());
    assert_eq!(store.series(gateway).await.unwrap().len(), 0);
}

macro_rules! on_sqlite {
    ($($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $scenario() {
                let dir = tempfile::tempdir().unwrap();
                let store = haubert_hub::store::Store::open_sqlite(&dir.path().join("hub.sqlite3")).await.unwrap();
                super::$scenario(store).await;
            })+
        }
    };
}
on_sqlite!(accounts_and_sessions, wrong_tries, directory, enrolment_and_revocation, upload_and_history);

#[tokio::test]
async fn what_is_acknowledged_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hub.sqlite3");
    let store = Store::open_sqlite(&path).await.unwrap();
    let gateway = gateway(&store).await;
    store.greet(gateway, &hello(9), NOW).await.unwrap();
    store.declare(gateway, &[declaration()]).await.unwrap();
    store.store_chunks(gateway, &[chunk(1)], NOW).await.unwrap().unwrap();
    // Not closed: as after a crash.
    let again = Store::open_sqlite(&path).await.unwrap();
    assert_eq!(again.greet(gateway, &hello(9), NOW).await.unwrap().acknowledged, 1);
    drop(store);
}
