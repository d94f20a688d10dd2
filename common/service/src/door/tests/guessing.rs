//! Guessing a password (scoreboard, line 18), with the lock-out and without it.

use super::*;
use crate::lockout::LockoutRules;
use haubert_score::count;

/// No number of tries leads to a lock.
const NEVER: LockoutRules =
    LockoutRules { tries: u32::MAX, account_tries: u32::MAX, source_tries: u32::MAX, ..LockoutRules::shipped() };

impl House {
    fn without_lock_out(self) -> Self {
        self.rules.send_modify(|rules| Arc::make_mut(rules).lockout = NEVER);
        self
    }
}

/// What the steps of a story are answered, and how often it was told that somebody is locked out: two wrong tries and the right
/// password; three wrong tries and the right password; the right password from `others` other sources; then, from the first
/// source, after a restart with the clock set forward, one second before the hour is over, and after it.
async fn story(house: House, others: u64) -> (Vec<u16>, Vec<u16>, usize) {
    let mut seen = Vec::new();
    for password in ["wrong", "wrong", PASSWORD, "wrong", "wrong", "wrong"] {
        seen.push(house.status("ana", password, "10.0.0.1").await);
    }
    let checked = house.door.passwords_checked();
    let (status, body, _) = house.sign_in("ANA", PASSWORD, "10.0.0.1").await;
    seen.push(status);
    if status == 429 {
        assert_eq!((&body["code"], &body["retry_after_s"]), (&json!("too_many_attempts"), &json!(HOUR_S)));
        assert_eq!(house.door.passwords_checked(), checked, "nothing was checked");
    }
    let mut elsewhere = Vec::new();
    for n in 0..others {
        elsewhere.push(house.status("ana", PASSWORD, &format!("10.0.{}.{}", 1 + n / 250, n % 250)).await);
    }
    let told = house.told.lock().unwrap().iter().filter(|told| matches!(told, Happening::LockedOut(_))).count();
    let house = house.restart().await;
    house.clock.set_by(10 * HOUR_S);
    seen.push(house.status("ana", PASSWORD, "10.0.0.1").await);
    house.clock.pass(HOUR_S - 1);
    seen.push(house.status("ana", PASSWORD, "10.0.0.1").await);
    house.clock.pass(1);
    seen.push(house.status("ana", PASSWORD, "10.0.0.1").await);
    (seen, elsewhere, told)
}

#[tokio::test]
async fn three_wrong_tries_keep_the_right_password_out_for_an_hour_restart_and_clock_notwithstanding() {
    let others = count(3, 100);
    let (seen, elsewhere, told) = story(House::new().await, others).await;
    let expected = [401, 401, 200, 401, 401, 401, 429, 429, 429, 200];
    let let_in = elsewhere.iter().filter(|status| **status == 200).count();
    let held = seen == expected && let_in == elsewhere.len() && told == 1;
    haubert_score::record("18.hour", held, format!("answers {seen:?}; let in from {let_in} of {others} other sources"));
    assert_eq!((seen.as_slice(), told), (expected.as_slice(), 1));
    assert_eq!(let_in, elsewhere.len());
}

/// So many wrong tries at the same time, on several threads; gives how many passwords were checked, and how many were refused
/// without a look.
async fn storm(house: &Arc<House>, tries: u64) -> (u64, usize) {
    let before = house.door.passwords_checked();
    let one = |n: u64| {
        let house = Arc::clone(house);
        tokio::spawn(async move { house.status("ana", &format!("wrong{n}"), "10.0.0.1").await })
    };
    let answers = futures_util::future::join_all((0..tries).map(one)).await;
    let refused = answers.into_iter().filter(|answer| matches!(answer, Ok(429))).count();
    (house.door.passwords_checked() - before, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_tries_at_once_check_three() {
    const TRIES: u64 = 10_000;
    let house = Arc::new(House::new().await);
    let (checked, refused) = storm(&house, TRIES).await;
    let right = house.status("ana", PASSWORD, "10.0.0.1").await;
    let figure = format!("{checked} of {TRIES} checked, {refused} refused without a look; then the right password: {right}");
    haubert_score::record("18.at-once", (checked, right) == (3, 429), figure);
    assert_eq!((checked, refused, right), (3, 9_997, 429));

    let open = Arc::new(House::new().await.without_lock_out());
    let (checked, _) = storm(&open, 12).await;
    let right = open.status("ana", PASSWORD, "10.0.0.1").await;
    haubert_score::record(
        "18.no-lock-out",
        checked > 3 && right == 200,
        format!("{checked} of 12 checked, then the right password: {right}"),
    );
    assert_eq!((checked, right), (12, 200), "without the lock-out each try is checked");
}

/// Checks that each name costs, and what it is answered: four tries of each.
async fn costs(house: &House, names: &[String]) -> Vec<(u64, Vec<(u16, Value, String)>)> {
    let mut seen = Vec::new();
    for name in names {
        let before = house.door.passwords_checked();
        // The account that is closed is given its right password: it must look like a wrong one.
        let password = if name == "eve" { PASSWORD } else { "wrong" };
        let mut answers = Vec::new();
        for _ in 0..4 {
            answers.push(house.sign_in(name, password, "10.0.0.9").await);
        }
        seen.push((house.door.passwords_checked() - before, answers));
    }
    seen
}

#[tokio::test]
async fn a_name_that_nobody_has_costs_the_same_and_looks_the_same() {
    let house = House::new().await;
    house.add("eve", PASSWORD).await;
    house.memory.kept().accounts[1].enabled = false;
    // No more names than a source may try before it is refused as a whole.
    let unknown = (0..count(1, 7)).map(|n| format!("nobody{n}"));
    let names: Vec<String> = ["ana".to_owned(), "eve".to_owned()].into_iter().chain(unknown).collect();
    let seen = costs(&house, &names).await;
    let differ = seen.iter().filter(|one| **one != seen[0]).count();
    let figure =
        format!("{} checks for the known name, {differ} of {} other names differ in work or answer", seen[0].0, names.len() - 1);
    haubert_score::record("18.unknown-work", seen[0].0 == 3 && differ == 0, figure);
    assert_eq!((seen[0].0, differ), (3, 0), "{seen:?}");
}
