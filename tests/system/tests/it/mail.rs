//! What the gateway sends by mail, at a server that nobody here wrote.

use crate::stage::{Plant, SOON, Server, believing, gateway, metered};
use haubert_testkit::exim::Exim;
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::mail::{MailServer, USER};
use haubert_testkit::{Api, policy, until};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A gateway with a meter, and an authority that it trusts with mail.
struct Scene {
    gateway: Server,
    device: Value,
    forge: Forge,
    dir: TempDir,
    _plant: Plant,
}

impl Scene {
    async fn new() -> Self {
        let gateway = gateway().await;
        let (plant, device) = metered(&gateway.api).await;
        let (security, dir, forge) = believing(&gateway.program, "mail").await;
        policy::switch(&security, "mail", true).await.unwrap();
        Self { gateway, device, forge, dir, _plant: plant }
    }

    fn api(&self) -> &Api {
        &self.gateway.api
    }

    async fn server(&self, security: &str, faults: &[&str]) -> MailServer {
        MailServer::start(self.dir.path(), &self.forge, Flaw::None, security, faults).await.unwrap()
    }

    async fn change(&self, port: u16, security: &str, readers: Value) -> Value {
        self.api().put("/outlets/mail", self.body(port, security, readers).await).await.unwrap()
    }

    async fn body(&self, port: u16, security: &str, readers: Value) -> Value {
        let mut settings = self.api().get("/outlets/mail").await.unwrap()["settings"].clone();
        let change = json!({
            "enabled": true, "host": "127.0.0.1", "port": port, "security": security, "user": USER.0,
            "from": "gateway@plant.example", "link": "https://gateway.plant.example", "gather_seconds": 0, "readers": readers,
        });
        settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"settings": settings, "password": USER.1})
    }

    /// Raises an alarm of that name, of a voltage that is always there.
    async fn raise(&self, name: &str, criticality: &str) -> Value {
        let point = json!({"device": self.device["id"], "channel": 1, "quantity": "voltage_l1"});
        let condition =
            json!({"kind": "analogue", "points": [point], "join": "or", "high": 100.0, "low": null, "hysteresis_percent": 1.0});
        let rule = json!({
            "name": name, "enabled": true, "criticality": criticality, "acknowledgement": "none",
            "start_delay_s": 0.0, "drop_delay_s": 0.0, "condition": condition,
        });
        self.api().post("/alarm-rules", rule).await.unwrap()
    }

    async fn letters(&self) -> Vec<Value> {
        self.api().get("/outlets/mail/letters").await.unwrap()["items"].as_array().unwrap().clone()
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn(&[Value]) -> Option<T>) -> T {
        until(what, SOON, || async { wanted(&self.letters().await) }).await.unwrap()
    }
}

fn reader(address: &str, language: &str, alarms: Value) -> Value {
    json!({"address": address, "language": language, "alarms": alarms, "expiries": false, "report": "never"})
}

fn steps(trial: &Value) -> Vec<&str> {
    trial["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect()
}

/// Both ways to begin TLS; each reader gets what is theirs, in their language, when an alarm begins and when it is over.
#[tokio::test]
async fn alarms_reach_their_readers() {
    let scene = Scene::new().await;
    for security in ["tls", "start_tls"] {
        let mut server = scene.server(&security.replace('_', ""), &[]).await;
        let readers =
            json!([reader("a@plant.example", "fr", json!("information")), reader("b@plant.example", "en", json!("critical"))]);
        let body = scene.body(server.port, security, readers.clone()).await;
        let mut trial = body.clone();
        trial.as_object_mut().unwrap().extend(json!({"to": "c@plant.example", "language": "fr"}).as_object().unwrap().clone());
        let trial = scene.api().post("/outlets/mail/test", trial).await.unwrap();
        let way: &[&str] = match security {
            "tls" => &["resolve", "reach", "tls", "greet", "login", "send"],
            _ => &["resolve", "reach", "starttls", "tls", "greet", "login", "send"],
        };
        assert_eq!((steps(&trial).as_slice(), &trial["ok"]), (way, &json!(true)), "{trial}");
        let letter = server.next().await.unwrap();
        assert_eq!((&letter["to"], &letter["login"]), (&json!(["c@plant.example"]), &json!(USER.0)));
        assert!(letter["text"].as_str().unwrap().contains("bouton d’essai"), "{letter}");

        let view = scene.change(server.port, security, readers).await;
        assert_eq!(view["password_set"], true);
        assert!(!view.to_string().contains(USER.1), "the password comes back");
        let name = format!("Overvoltage {security}");
        let rule = scene.raise(&name, "not_critical").await;
        let letter = server.next().await.unwrap();
        assert_eq!(letter["to"], json!(["a@plant.example"]), "the other reader wants critical ones only: {letter}");
        assert_eq!(letter["headers"]["Subject"], format!("[Haubert] Non critique\u{a0}: {name}"));
        assert_eq!(letter["headers"]["Auto-Submitted"], "auto-generated");
        let text = letter["text"].as_str().unwrap();
        assert!(
            text.contains("Atelier")
                && text.contains("seuil 100\u{a0}V")
                && text.contains("https://gateway.plant.example/alarms"),
            "{text}"
        );

        scene.api().send(Method::DELETE, &format!("/alarm-rules/{}", rule["id"].as_str().unwrap()), None).await.unwrap();
        let letter = server.next().await.unwrap();
        assert_eq!(letter["headers"]["Subject"], format!("[Haubert] Terminée\u{a0}: {name}"));
        scene.until("all went", |letters| letters.iter().all(|letter| letter["state"] == "sent").then_some(())).await;
    }
    let letters = scene.letters().await;
    assert_eq!(letters.len(), 4, "nothing twice, no test among them: {letters:?}");
    let trail = scene.api().get("/events").await.unwrap();
    assert!(!trail.to_string().contains(USER.1));
}

/// The same way to a server of another make, which keeps what it takes in its queue.
#[tokio::test]
async fn a_second_kind_of_server_takes_the_letters() {
    let scene = Scene::new().await;
    for security in ["tls", "start_tls"] {
        let server = Exim::start(scene.dir.path(), &scene.forge, security == "start_tls").await.unwrap();
        let readers = json!([reader("a@plant.example", "fr", json!("information"))]);
        let mut trial = scene.body(server.port, security, readers.clone()).await;
        trial.as_object_mut().unwrap().extend(json!({"to": "c@plant.example", "language": "fr"}).as_object().unwrap().clone());
        let tried = scene.api().post("/outlets/mail/test", trial.clone()).await.unwrap();
        assert_eq!(tried["ok"], true, "{tried}");
        trial["password"] = json!("another");
        let tried = scene.api().post("/outlets/mail/test", trial).await.unwrap();
        assert_eq!(tried["steps"].as_array().unwrap().last().unwrap()["step"], "login", "{tried}");
        scene.change(server.port, security, readers).await;
        scene.raise(&format!("Overvoltage {security}"), "critical").await;
        let of =
            |to: &str| server.letters().into_iter().filter(|letter| letter.contains(&format!("\n{to}\n"))).collect::<Vec<_>>();
        let taken = || async { Some(of("a@plant.example")).filter(|letters| !letters.is_empty()) };
        let letters = until("the letter is in its queue", SOON, taken).await.unwrap();
        for letter in [&letters[0], &of("c@plant.example")[0]] {
            assert!(letter.contains(&format!("-auth_id {}", USER.0)) && letter.contains("-tls_cipher TLS1.3"), "{letter}");
            assert!(letter.contains("Auto-Submitted: auto-generated") && letter.contains("Message-ID:"), "{letter}");
        }
        scene.until("all went", |letters| letters.iter().all(|letter| letter["state"] == "sent").then_some(())).await;
    }
}

/// A letter that a server refuses for good is given up, one that it does not take now waits, and one that was cut off goes again.
#[tokio::test]
async fn what_a_server_does_not_take_is_told_and_what_it_may_take_waits() {
    let scene = Scene::new().await;
    let mut server = scene.server("tls", &["refuse", "later", "drop"]).await;
    scene.change(server.port, "tls", json!([reader("a@plant.example", "en", json!("information"))])).await;
    scene.raise("First", "critical").await;
    assert_eq!(server.next().await.unwrap()["not"], "refuse");
    let refused =
        scene.until("the first is given up", |letters| letters.iter().find(|one| one["state"] == "given_up").cloned()).await;
    assert_eq!((&refused["code"], &refused["detail"]), (&json!("recipient_refused"), &json!("550 no such mailbox")));

    scene.raise("Second", "critical").await;
    assert_eq!(server.next().await.unwrap()["not"], "later");
    let waits = scene.until("the second waits", |letters| letters.iter().find(|one| one["tries"] == 1).cloned()).await;
    assert_eq!((&waits["state"], &waits["code"]), (&json!("waiting"), &json!("recipient_refused")));
    assert!(waits["next_at"].is_string());
    scene.api().send(Method::DELETE, &format!("/outlets/mail/letters/{}", waits["id"]), None).await.unwrap();
    let gone = scene.letters().await.into_iter().find(|one| one["id"] == waits["id"]).unwrap();
    assert_eq!((&gone["state"], &gone["code"]), (&json!("given_up"), &json!("taken_back")));

    scene.raise("Third", "critical").await;
    assert_eq!(server.next().await.unwrap()["not"], "drop");
    let cut = scene.until("the third waits", |letters| letters.iter().find(|one| one["state"] == "waiting").cloned()).await;
    assert!(
        cut["code"].is_null() || ["connection_ended", "answer_not_understood"].contains(&cut["code"].as_str().unwrap()),
        "{cut}"
    );
}

/// What waits when the program dies goes when it is back, once; who is not believed, or offers no TLS, gets nothing, and it is said why.
#[tokio::test]
async fn letters_survive_a_crash_and_only_a_server_that_is_believed_gets_them() {
    let scene = Scene::new().await;
    let readers = json!([reader("a@plant.example", "en", json!("information"))]);
    let stranger = MailServer::start(scene.dir.path(), &scene.forge, Flaw::UnknownAuthority, "tls", &[]).await.unwrap();
    scene.change(stranger.port, "tls", readers.clone()).await;
    scene.raise("Overvoltage", "critical").await;
    let waits = scene.until("it waits", |letters| letters.iter().find(|one| one["tries"] != 0).cloned()).await;
    assert_eq!((&waits["state"], &waits["code"]), (&json!("waiting"), &json!("peer_unknown_authority")));
    let view = scene.api().get("/outlets/mail").await.unwrap();
    assert_eq!((&view["state"], &view["failure"]["code"]), (&json!("waiting"), &json!("peer_unknown_authority")));
    let plain = scene.server("starttls", &["plain"]).await;
    let mut body = scene.body(plain.port, "start_tls", readers.clone()).await;
    body.as_object_mut().unwrap().extend(json!({"to": "a@plant.example", "language": "en"}).as_object().unwrap().clone());
    let trial = scene.api().post("/outlets/mail/test", body).await.unwrap();
    assert_eq!((steps(&trial).last(), &trial["steps"][2]["code"]), (Some(&"starttls"), &json!("starttls_missing")), "{trial}");
    let other = json!({"settings": scene.body(plain.port, "tls", readers.clone()).await["settings"]});
    let refused = scene.api().put("/outlets/mail", other).await.unwrap_err();
    assert!(refused.contains("again"), "a password goes to no other server: {refused}");

    let scene = Scene { gateway: scene.gateway.crash_and_restart().await, ..scene };
    let mut server = scene.server("tls", &[]).await;
    scene.change(server.port, "tls", readers).await;
    let letter = server.next().await.unwrap();
    assert_eq!(letter["headers"]["Subject"], "[Haubert] Critical: Overvoltage");
    scene.until("it went, once", |letters| (letters.len() == 1 && letters[0]["state"] == "sent").then_some(())).await;
}
