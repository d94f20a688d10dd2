use crate::support::served;
use haubert_bacnet::{Asked, Probed, probe};
use haubert_guard::Settings;

fn open() -> Settings {
    Settings { enabled: false, ..Settings::default() }
}

#[tokio::test]
async fn the_test_buttons_client_finds_a_meter_and_cannot_write_it() {
    let (running, counters) = served(3, open()).await;
    let steps = probe(running.address, true).await;
    let told: Vec<(Probed, &str)> = steps.iter().map(|(tried, outcome)| (*tried, outcome.as_deref().unwrap())).collect();
    let wanted = [
        (Probed::Find, "I-Am 100"),
        (Probed::Route, "I-Am-Router-To-Network 4711"),
        (Probed::Meter, "I-Am 101"),
        (Probed::Read, "Meter 101 · active_power_total 1 Feeder 1 · 100"),
        (Probed::Write, "write-access-denied"),
    ];
    assert_eq!(told, wanted);
    let counted = counters.read();
    assert_eq!((counted.requests[&Asked::Write], counted.requests[&Asked::WhoIs], counted.failed), (1, 2, 1));
    assert_eq!(counted.talks.len(), 1);
    running.stop().await;
    assert!(tokio::net::UdpSocket::bind("127.0.0.1:0").await.is_ok());
}

#[tokio::test]
async fn without_meters_none_is_asked_for() {
    let (running, _counters) = served(0, open()).await;
    let tried: Vec<Probed> = probe(running.address, false).await.into_iter().map(|(tried, _)| tried).collect();
    assert_eq!(tried, [Probed::Find, Probed::Route]);
}

#[tokio::test]
async fn the_firewall_is_asked_first_and_what_it_keeps_away_is_counted() {
    let few = Settings { requests_per_second: 5, burst_seconds: 1, ..Settings::default() };
    let (running, counters) = served(1, few).await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // The counters are written down when something else happens: at the next look at subscribed values, if not before.
    while counters.read().refused == 0 {
        socket.send_to(&[0x81, 0x0A, 0, 8, 1, 0, 0x10, 8], running.address).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(counters.read().received <= 6, "{:?}", counters.read());
}
