use haubert_guard::{Guard, Listener, Settings, Transport};
use haubert_model::{Clock, DeviceId, PointRef, Reading, Secret, Timestamp};
use haubert_snmp::{
    Access, Authentication, Counters, Credentials, DeviceState, Engine, EngineState, Facts, Plant, Privacy, Probed, Rows,
    Running, Site, Tree, probe, serve,
};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

struct Quay;

impl Plant for Quay {
    fn tree(&self) -> Tree {
        Tree::new(Arc::new(Rows::new(Site { name: "Quay".to_owned(), ..Site::default() }, 0)), Vec::new())
    }

    fn facts(&self) -> &dyn Facts {
        self
    }
}

impl Facts for Quay {
    fn uptime(&self) -> u32 {
        1
    }

    fn clock_set(&self) -> bool {
        true
    }

    fn device(&self, _device: DeviceId) -> (DeviceState, Option<Timestamp>) {
        (DeviceState::NeverSeen, None)
    }

    fn reading(&self, _point: PointRef) -> Option<Reading> {
        None
    }
}

fn user(name: &str, password: &str) -> Credentials {
    let privacy = (Privacy::Aes256, "north crane, last load");
    Credentials::new(name, (Authentication::Sha512, password), privacy).unwrap()
}

fn engine() -> Engine {
    Engine::start(None, |_: &EngineState| Ok::<(), Infallible>(())).unwrap()
}

async fn agent(community: Option<&str>) -> (Running, Counters) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let guard = Guard::new(Settings { enabled: false, ..Settings::default() }, Arc::new(Still), |_| {});
    let gate = guard.gate("snmp", Listener { transport: Transport::Udp, address });
    let access = Access {
        users: vec![user("nms", "quay seven, first light")],
        community: community.map(|text| Secret::new(text.to_owned())),
    };
    let counters = Counters::default();
    let running = serve(socket, gate, &access, &engine(), Arc::new(Quay), (counters.clone(), Arc::new(Still))).await.unwrap();
    (running, counters)
}

#[tokio::test]
async fn a_manager_is_let_in_with_the_right_passwords_only() {
    let (running, counters) = agent(None).await;
    let steps = probe(running.address, &user("nms", "quay seven, first light")).await;
    let tried: Vec<(Probed, bool)> = steps.iter().map(|step| (step.tried, step.outcome.is_ok())).collect();
    let all = [Probed::Enter, Probed::Devices, Probed::Measures, Probed::Unprotected, Probed::Write];
    assert_eq!(tried, all.map(|tried| (tried, true)), "{steps:?}");
    for stranger in [user("nms", "quay seven, last light"), user("other", "quay seven, first light")] {
        let steps = probe(running.address, &stranger).await;
        assert!(matches!(&steps[..], [one] if one.tried == Probed::Enter && one.outcome.is_err()), "{steps:?}");
    }
    let counted = counters.read();
    assert!(counted.received > 6 && counted.answered == counted.received, "{counted:?}");
    assert_eq!(counted.talks[0].user.as_deref(), Some("nms"));
    // Whoever comes to the inner socket has passed no firewall: no value for him.
    let steps = probe(running.inside, &user("nms", "quay seven, first light")).await;
    assert!(steps[0].outcome.is_err(), "{steps:?}");
    let address = running.address;
    running.stop().await;
    assert!(UdpSocket::bind(address).await.is_ok(), "the port is free");
}

#[test]
fn an_engine_counts_its_starts_and_keeps_its_name() {
    let kept = Arc::new(Mutex::new(None));
    let keep = |kept: &Arc<Mutex<Option<EngineState>>>| {
        let kept = Arc::clone(kept);
        move |now: &EngineState| {
            *kept.lock().unwrap() = Some(now.clone());
            Ok::<(), Infallible>(())
        }
    };
    let first = Engine::start(None, keep(&kept)).unwrap().state();
    assert_eq!((Some(first.clone()), first.boots), (kept.lock().unwrap().clone(), 1));
    let second = Engine::start(Some(first.clone()), keep(&kept)).unwrap().state();
    assert_eq!((&second.id, second.boots), (&first.id, 2));
    let refused = Engine::start(Some(second), |_: &EngineState| Err(std::io::Error::other("the disk is full")));
    assert!(refused.is_err(), "not before it is kept");
}

/// How a manager asks who the agent is (RFC 3414, clause 4), written out.
const WHO_ARE_YOU: [u8; 60] = [
    0x30, 0x3A, 0x02, 0x01, 0x03, // version
    0x30, 0x0F, 0x02, 0x02, 0x11, 0x22, 0x02, 0x03, 0x00, 0xFF, 0xE3, 0x04, 0x01, 0x04, 0x02, 0x01, 0x03, // head
    0x04, 0x10, 0x30, 0x0E, 0x04, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00, // security
    0x30, 0x12, 0x04, 0x00, 0x04, 0x00, 0xA0, 0x0C, 0x02, 0x02, 0x11, 0x22, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30,
    0x00, // get
];

/// Every byte of a message changed in every way that a bit can, and the message cut at every place: the agent answers on.
#[tokio::test]
async fn hostile_bytes_change_nothing() {
    let (running, counters) = agent(None).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.connect(running.address).await.unwrap();
    let mut answer = [0; 2048];
    stranger.send(&WHO_ARE_YOU).await.unwrap();
    let bytes = stranger.recv(&mut answer).await.unwrap();
    assert!(bytes > WHO_ARE_YOU.len(), "a report with the engine's name");
    for at in 0..WHO_ARE_YOU.len() {
        stranger.send(&WHO_ARE_YOU[..at]).await.unwrap();
        for bit in 0..8 {
            let mut hostile = WHO_ARE_YOU;
            hostile[at] ^= 1 << bit;
            stranger.send(&hostile).await.unwrap();
        }
    }
    let steps = probe(running.address, &user("nms", "quay seven, first light")).await;
    assert!(steps.len() == 5 && steps.iter().all(|step| step.outcome.is_ok()), "{steps:?}");
    let counted = counters.read();
    assert!(counted.malformed > 0 && counted.other_versions > 0 && counted.values > 0, "{counted:?}");
    assert!(!running.is_over());
}
