//! What a session is worth (scoreboard, line 21): how hard to guess, and how dead when it has ended.

use super::*;
use crate::session::{Device, SessionLimits};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeSet;

const NEW_PASSWORD: &str = "Corde-Matin-77z";

/// How many of these are different, and how many of their bits are not the same in all of them.
fn strength(tokens: &[Vec<u8>]) -> (usize, usize) {
    let distinct = tokens.iter().collect::<BTreeSet<_>>().len();
    let bits = tokens.iter().map(Vec::len).min().unwrap_or(0) * 8;
    let is_set = |token: &Vec<u8>, bit: usize| token[bit / 8] >> (bit % 8) & 1 == 1;
    let varies = |bit: &usize| tokens.iter().any(|token| is_set(token, *bit)) && !tokens.iter().all(|token| is_set(token, *bit));
    (distinct, (0..bits).filter(varies).count())
}

#[tokio::test]
async fn an_id_has_256_bits_and_comes_once() {
    const IDS: usize = 1_000;
    let house = House::new().await;
    let account = house.memory.kept().accounts[0].clone();
    let mut tokens = Vec::new();
    for _ in 0..IDS {
        let begun = house.door.parts.sessions.start(&account, "10.0.0.1", Device::default(), None).await;
        let cookie = begun.unwrap().1.to_str().unwrap().to_owned();
        let text = cookie.split(['=', ';']).nth(1).unwrap();
        tokens.push(URL_SAFE_NO_PAD.decode(text).unwrap());
    }
    let (distinct, bits) = strength(&tokens);
    haubert_score::record("21.bits", bits >= 128 && distinct == IDS, format!("{bits} bits, {distinct} of {IDS} distinct"));
    assert_eq!((distinct, bits), (IDS, 256));

    // As long, but half of it a counter.
    let weak: Vec<Vec<u8>> = (0..IDS as u64).map(|n| [&tokens[0][..16], &[0; 8], &n.to_be_bytes()].concat()).collect();
    let (_, bits) = strength(&weak);
    haubert_score::record("21.weak-ids", bits < 128, format!("{bits} bits seen in a counter as long"));
    assert!(bits < 128, "{bits}");
}

/// The ways to end a session after which it still opens the door.
async fn survivors(house: &House) -> Vec<&'static str> {
    let mut alive = Vec::new();
    let mut note = |what, lives: bool| alive.extend(lives.then_some(what));
    let begin = async || house.sign_in("ana", PASSWORD, "10.0.0.1").await.2;

    let out = begin().await;
    house.ask(Method::DELETE, "/session", &out, "10.0.0.1", Value::Null).await;
    note("sign-out", house.lives(&out).await);

    let (here, there) = (begin().await, begin().await);
    let (_, list, _) = house.ask(Method::GET, "/account/sessions", &here, "10.0.0.1", Value::Null).await;
    for entry in list["items"].as_array().unwrap().iter().filter(|entry| entry["current"] == false) {
        let path = format!("/account/sessions/{}", entry["id"].as_str().unwrap());
        house.ask(Method::DELETE, &path, &here, "10.0.0.1", Value::Null).await;
    }
    note("ended from another place", house.lives(&there).await);

    let (here, there) = (begin().await, begin().await);
    let change = json!({"old": PASSWORD, "new": NEW_PASSWORD});
    let (status, _, renewed) = house.ask(Method::PUT, "/account/password", &here, "10.0.0.1", change).await;
    assert_eq!(status, StatusCode::OK);
    assert!(house.lives(&renewed).await);
    note("password changed elsewhere", house.lives(&there).await);
    note("password changed here", house.lives(&here).await);

    let begin = async || house.sign_in("ana", NEW_PASSWORD, "10.0.0.1").await.2;
    let idle = begin().await;
    house.clock.pass(15 * 60 - 1);
    assert!(house.lives(&idle).await, "it ends too early");
    house.clock.pass(15 * 60);
    note("idle for a quarter of an hour", house.lives(&idle).await);

    let old = begin().await;
    for _ in 0..72 {
        assert!(house.lives(&old).await, "it ends too early");
        house.clock.pass(600);
    }
    note("twelve hours old", house.lives(&old).await);
    alive
}

#[tokio::test]
async fn a_session_that_has_ended_is_dead_on_the_server() {
    const ENDS: usize = 6;
    let alive = survivors(&House::new().await).await;
    haubert_score::record("21.dead", alive.is_empty(), format!("{} of {ENDS} ways to end it, dead at once", ENDS - alive.len()));
    assert!(alive.is_empty(), "{alive:?}");

    // A server that only clears the browser's cookie, and counts no time.
    let house = House::new().await;
    house.memory.kept().is_forgetful = true;
    let for_ever = SessionLimits { idle_minutes: u32::MAX, absolute_hours: u32::MAX, per_account: 100 };
    house.rules.send_modify(|rules| Arc::make_mut(rules).sessions = for_ever);
    let alive = survivors(&house).await;
    haubert_score::record("21.forgetful", alive.len() == ENDS, format!("{} of {ENDS} still open the door", alive.len()));
    assert_eq!(alive.len(), ENDS, "{alive:?}");
}

#[tokio::test]
async fn signing_in_and_gaining_rights_give_another_id() {
    let house = House::new().await;
    // Somebody's session planted in the browser before signing in is not taken over.
    let planted = house.sign_in("ana", PASSWORD, "10.0.0.1").await.2;
    let again = json!({"user": "ana", "password": PASSWORD});
    let (status, _, own) = house.ask(Method::POST, "/session", &planted, "10.0.0.1", again).await;
    assert_eq!(status, StatusCode::OK);
    let is_new = own != planted && house.lives(&own).await;

    house.add("new", "GIVE-NONE-TIME").await;
    house.memory.kept().accounts[1].password_given = true;
    let bound = house.sign_in("new", "GIVE-NONE-TIME", "10.0.0.1").await.2;
    let change = json!({"old": "GIVE-NONE-TIME", "new": NEW_PASSWORD});
    let (_, body, free) = house.ask(Method::PUT, "/account/password", &bound, "10.0.0.1", change).await;
    assert_eq!(body["standing"], "full");
    let is_renewed = free != bound && house.lives(&free).await && !house.lives(&bound).await;
    haubert_score::record("21.renewed", is_new && is_renewed, "at sign-in and when a given password is changed");
    assert!(is_new && is_renewed);
}
