//! Modbus/TCP Security: who comes in, and as whom.

use crate::pki::Authority;
use crate::plant::{MIRROR_UNIT, Numbers};
use crate::support::{Master, Secured, Server, frame, read};
use haubert_guard::Settings;
use haubert_modbus_server::Patience;
use rustls::version::{TLS12, TLS13};
use tokio::sync::watch;

async fn role(master: &mut Master) -> String {
    let answer = master.ask(MIRROR_UNIT, &[43, 14, 1, 0]).await;
    String::from_utf8(answer[9..].to_vec()).unwrap()
}

#[tokio::test]
async fn the_role_of_the_certificate_reaches_the_plant() {
    let secured = Secured::start(Settings::default(), Patience::default()).await;
    let (operator, nobody) = (secured.authority.master(Some(b"\x0c\x08Operator")), secured.authority.master(None));
    for version in [&TLS12, &TLS13] {
        for (shown, expected) in [(&operator, "Operator"), (&nobody, "nobody")] {
            let config = secured.authority.client_config(Some(shown), version);
            // The second connection resumes the first one's session, and is somebody all the same.
            for _ in 0..2 {
                let mut master = secured.connect_with(config.clone()).await.unwrap();
                assert_eq!(role(&mut master).await, expected, "{version:?}");
            }
        }
    }
    let server = Server::start(Settings::default(), Patience::default()).await;
    assert_eq!(role(&mut Master::connect(&server).await).await, "nobody", "over a plain connection");
}

/// In TLS 1.3 a client believes in its connection until it hears otherwise.
async fn is_refused(connected: std::io::Result<Master>) -> bool {
    match connected {
        Ok(mut master) => {
            master.send(&frame(1, 1, &read(3, 1, 1))).await;
            master.answer().await.is_none()
        }
        Err(_) => true,
    }
}

#[tokio::test]
async fn who_is_not_known_does_not_come_in() {
    let secured = Secured::start(Settings::default(), Patience::default()).await;
    assert!(is_refused(secured.connect(None).await).await, "no certificate");
    assert!(is_refused(secured.connect(Some(&Authority::new().master(None))).await).await, "another authority's");
    let odd = secured.authority.master(Some(b"\x13\x08Operator"));
    assert!(is_refused(secured.connect(Some(&odd)).await).await, "a role that cannot be read");
    let counted = secured.server.counters.read();
    assert_eq!((counted.broken, counted.functions.len()), (3, 0));
}

/// A configuration that asks nobody who he is does not make a server that lets everybody in.
#[tokio::test]
async fn without_a_certificate_nobody_comes_in_whatever_the_configuration() {
    let authority = Authority::new();
    let config = watch::Sender::new(authority.careless_server_config());
    let server = Server::over(Numbers, Settings::default(), Patience::default(), Some(config.subscribe())).await;
    let secured = Secured { server, authority, config };
    assert!(is_refused(secured.connect(None).await).await);
    assert!(is_refused(secured.connect(Some(&secured.authority.master(None))).await).await, "shown to nobody");
}

#[tokio::test]
async fn another_configuration_holds_for_those_who_come_after_it() {
    let mut secured = Secured::start(Settings::default(), Patience::default()).await;
    let shown = secured.authority.master(None);
    let mut before = secured.connect(Some(&shown)).await.unwrap();
    assert_eq!(before.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
    let next = Authority::new();
    secured.config.send_replace(next.server_config());
    assert!(is_refused(secured.connect(Some(&shown)).await).await);
    assert_eq!(before.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
    let shown = next.master(None);
    secured.authority = next;
    assert_eq!(secured.connect(Some(&shown)).await.unwrap().ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
}
