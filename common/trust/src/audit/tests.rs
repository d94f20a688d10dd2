//! A log of a thousand records, tampered with in every way that the verifier claims to see.

use super::*;
use crate::Key;
use haubert_model::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::LazyLock;

const LOG: LogId = LogId([7; 16]);

fn signer(seed: u8) -> Signer {
    Signer::new(LOG, &Key::new([seed; 32])).unwrap()
}

fn entry(n: u64) -> Entry {
    let actor = Actor {
        kind: ActorKind::Person,
        account: "alice".into(),
        profile: "admin".into(),
        source: "192.0.2.7".into(),
        session: "9f3a12bc".into(),
    };
    let mut entry = Entry::new(actor, Category::Configuration, "changed", Outcome::Success)
        .target("device", format!("d{n}"), "Tableau général")
        .detail("n", n);
    entry.before = Some(serde_json::json!({"name": "Old \"name\""}));
    entry.after = Some(serde_json::json!({"name": "New,\"hash\":\"name"}));
    entry
}

fn write(entries: impl Iterator<Item = Entry>, by: &Signer, mut chain: Chain) -> Vec<Vec<u8>> {
    let at = |n: usize| Timestamp(1_795_255_200_000 + 1000 * n as i64);
    entries.enumerate().map(|(n, entry)| chain.next(entry, at(n), ClockState::Set, by).unwrap().0).collect()
}

static THOUSAND: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| write((1..=1000).map(entry), &signer(1), Chain::EMPTY));

fn verify(lines: &[Vec<u8>], heads: &[Head]) -> Verdict {
    let mut verifier = Verifier::new(LOG, signer(1).public_key(), Chain::EMPTY, heads.to_vec());
    lines.iter().for_each(|line| drop(verifier.push(line)));
    verifier.finish()
}

/// The verdict on a log whose first `good` lines are those of [`THOUSAND`]: those are looked at once, not a thousand times.
fn verdict_after(good: usize, rest: &[Vec<u8>], heads: &[Head]) -> Verdict {
    static PREFIXES: LazyLock<Vec<Verifier>> = LazyLock::new(|| {
        let mut verifier = Verifier::new(LOG, signer(1).public_key(), Chain::EMPTY, Vec::new());
        let mut all = vec![verifier.clone()];
        for line in THOUSAND.iter() {
            verifier.push(line).unwrap();
            all.push(verifier.clone());
        }
        all
    });
    let mut verifier = PREFIXES[good].clone().with_heads(heads);
    rest.iter().for_each(|line| drop(verifier.push(line)));
    verifier.finish()
}

fn head(seq: usize) -> Head {
    read_line(&THOUSAND[seq - 1]).unwrap().head(LOG)
}

fn fault(seq: usize, kind: FaultKind) -> Option<Fault> {
    Some(Fault { seq: seq as u64, kind })
}

#[test]
fn an_untouched_log_holds_and_agrees_with_its_heads() {
    let verdict = verify(&THOUSAND, &[head(1000), head(500)]);
    assert_eq!(verdict, Verdict { fault: None, records: 1000, first: 1, verified_to: 1000, agreed: 1000 });
    let empty = verify(&[], &[]);
    assert_eq!(empty.fault, None);
    assert_eq!(empty.first, 0);
}

#[test]
fn the_format_is_the_one_that_was_first_written() {
    let lines = write(
        [entry(1), Entry::new(Actor::system(), Category::System, "started", Outcome::Success)].into_iter(),
        &signer(1),
        Chain::EMPTY,
    );
    let written: String = lines.iter().map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect();
    let golden = include_str!("golden.jsonl");
    assert_eq!(written, golden);
    let lines: Vec<Vec<u8>> = golden.lines().map(|line| line.as_bytes().to_vec()).collect();
    assert_eq!(verify(&lines, &[]).fault, None);
    // A line is also an ordinary JSON object for everybody else.
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&lines[1]).unwrap()["action"], "started");
}

#[test]
fn what_is_too_long_is_shortened_and_still_verifies() {
    let mut long = entry(1);
    long.after = Some(serde_json::json!({"text": "x".repeat(MAX_LINE)}));
    let lines = write([long, entry(2)].into_iter(), &signer(1), Chain::EMPTY);
    assert!(lines[0].len() < 2000);
    assert_eq!(verify(&lines, &[]).fault, None);
    assert!(read_line(&lines[0]).unwrap().record.details.contains_key("after_sha256"));
}

#[test]
fn the_front_may_only_go_when_a_record_says_so() {
    let before = |seq: usize| Chain { seq: seq as u64, hash: head(seq).hash };
    let check = |from: usize, lines: &[Vec<u8>]| {
        let mut verifier = Verifier::new(LOG, signer(1).public_key(), before(from), vec![head(1000)]);
        lines.iter().for_each(|line| drop(verifier.push(line)));
        verifier.finish().fault
    };
    assert_eq!(check(100, &THOUSAND[100..]), fault(1, FaultKind::FrontMissing));
    let mut lines = THOUSAND.clone();
    let said = Entry::new(Actor::system(), Category::AuditLog, ROTATED, Outcome::Success).detail("through", 100);
    lines.extend(write([said].into_iter(), &signer(1), before(1000)));
    assert_eq!(check(100, &lines[100..]), None);
    assert_eq!(check(50, &lines[50..]), None, "not yet removed is no fault");
    assert_eq!(check(101, &lines[101..]), fault(101, FaultKind::FrontMissing));
    // A record of another category that a person could have caused does not open the door.
    let said = Entry::new(Actor::system(), Category::System, ROTATED, Outcome::Success).detail("through", 100);
    let mut lines = THOUSAND.clone();
    lines.extend(write([said].into_iter(), &signer(1), before(1000)));
    assert_eq!(check(100, &lines[100..]), fault(1, FaultKind::FrontMissing));
}

#[test]
fn a_past_written_anew_with_the_key_shows_against_heads_kept_elsewhere() {
    let mut lines = THOUSAND[..400].to_vec();
    let last = read_line(&lines[399]).unwrap();
    let from = Chain { seq: 400, hash: last.hash };
    lines.extend(write((5000..5600).map(entry), &signer(1), from));
    let alone = verify(&lines, &[]).fault;
    haubert_score::record("29.no-heads", alone.is_none(), "a past written anew with the right key verifies");
    assert_eq!(alone, None, "the control: without a head nobody could tell");
    let verdict = verify(&lines, &[head(300), head(700), head(1000)]);
    haubert_score::record("29.heads", verdict.fault == fault(700, FaultKind::Contradicted), format!("{:?}", verdict.fault));
    assert_eq!((verdict.fault, verdict.agreed), (fault(700, FaultKind::Contradicted), 300));
    // A head that somebody else signed proves nothing against it.
    let forged = signer(2).sign(700, Hash([1; 32]));
    assert_eq!(verify(&THOUSAND, &[forged]).fault, None);
    let other = Signer::new(LogId([8; 16]), &Key::new([1; 32])).unwrap().sign(3, Hash([1; 32]));
    assert_eq!(verify(&THOUSAND, &[other]).fault, fault(1, FaultKind::OtherLog));
}

#[derive(Debug, Clone)]
enum Tampering {
    Delete,
    FlipByte(prop::sample::Index, u8),
    EditAndHashAgain,
    EditAndWriteTheRestWithAnotherKey,
    Swap(prop::sample::Index),
    Repeat,
    Insert,
    Truncate,
    RollBack,
}

fn tamperings() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        Just(Tampering::Delete),
        (any::<prop::sample::Index>(), 1u8..=255).prop_map(|(at, by)| Tampering::FlipByte(at, by)),
        Just(Tampering::EditAndHashAgain),
        Just(Tampering::EditAndWriteTheRestWithAnotherKey),
        any::<prop::sample::Index>().prop_map(Tampering::Swap),
        Just(Tampering::Repeat),
        Just(Tampering::Insert),
        Just(Tampering::Truncate),
        Just(Tampering::RollBack),
    ]
}

/// Whether the verifier names the record `at` (from 1) of the thousand after it was tampered with, and how.
fn is_found(at: usize, tampering: Tampering) -> Result<(), TestCaseError> {
    // The lines from `at` on; at most a few more, since the verdict does not change any more.
    let mut rest: Vec<Vec<u8>> = THOUSAND[at - 1..].iter().take(12).cloned().collect();
    let heads = [head(at.min(1000))];
    let prev = if at == 1 { Hash::default() } else { head(at - 1).hash };
    let chain = Chain { seq: at as u64 - 1, hash: prev };
    let expected = match tampering {
        Tampering::Delete if at == 1000 => {
            rest.clear();
            fault(1000, FaultKind::Truncated)
        }
        Tampering::Delete => {
            rest.remove(0);
            fault(at, FaultKind::Missing)
        }
        Tampering::FlipByte(place, by) => {
            let place = place.index(rest[0].len());
            rest[0][place] ^= by;
            let seen = verdict_after(at - 1, &rest, &heads).fault;
            prop_assert_eq!(seen.map(|fault| fault.seq), Some(at as u64));
            seen
        }
        Tampering::EditAndHashAgain => {
            let old = read_line(&rest[0]).unwrap();
            let mut changed = entry(at as u64);
            changed.actor.account = "mallory".into();
            let line = write([changed].into_iter(), &signer(1), chain).remove(0);
            // The right hash of the changed record, and the old signature.
            let end = line.len() - 90;
            rest[0] = [&line[..end], old.head(LOG).signature().as_bytes(), b"\"}"].concat();
            fault(at, FaultKind::Edited)
        }
        Tampering::EditAndWriteTheRestWithAnotherKey => {
            rest = write((at as u64..).take(5).map(|n| entry(n + 10_000)), &signer(2), chain);
            fault(at, FaultKind::Edited)
        }
        Tampering::Swap(_) if at == 1000 => return Ok(()),
        Tampering::Swap(with) => {
            let with = 1 + with.index(rest.len() - 1);
            rest.swap(0, with);
            fault(at, FaultKind::Moved)
        }
        Tampering::Repeat => {
            rest.insert(0, rest[0].clone());
            fault(at, FaultKind::Moved)
        }
        Tampering::Insert => {
            let foreign = write([entry(at as u64)].into_iter(), &signer(2), chain).remove(0);
            rest.insert(0, foreign);
            fault(at, FaultKind::Edited)
        }
        Tampering::Truncate => {
            rest.clear();
            fault(at, FaultKind::Truncated)
        }
        Tampering::RollBack => {
            // Cut off, and gone on from there with the right key: what an old copy of the disk would do.
            rest = write((0..3).map(|n| entry(n + 20_000)), &signer(1), chain);
            fault(at, FaultKind::Contradicted)
        }
    };
    prop_assert_eq!(verdict_after(at - 1, &rest, &heads).fault, expected);
    Ok(())
}

#[test]
fn any_tampering_with_any_record_is_found_at_the_first_bad_one() {
    let cases = u32::try_from(haubert_score::count(1_000, 20_000)).unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(1usize..=1000, tamperings()), |(at, tampering)| is_found(at, tampering));
    let words = outcome.as_ref().map_or_else(ToString::to_string, |()| format!("{cases} of {cases} named"));
    haubert_score::record("29.tampered", outcome.is_ok(), words);
    outcome.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_line(&bytes);
    }
}
