use super::*;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

const HOUR: i64 = 3_600_000;
/// 2026-11-21T12:00:00Z.
const NOON: i64 = 1_795_262_400_000;

#[derive(Default)]
struct Hands {
    wall: AtomicI64,
    steady: AtomicU64,
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::Relaxed))
    }
    fn monotonic_ms(&self) -> u64 {
        self.steady.load(Ordering::Relaxed)
    }
}

impl Hands {
    fn at(wall: i64) -> Arc<Self> {
        Arc::new(Self { wall: AtomicI64::new(wall), steady: AtomicU64::new(0) })
    }
    fn pass(&self, wall: i64, steady: u64) {
        self.wall.fetch_add(wall, Ordering::Relaxed);
        self.steady.fetch_add(steady, Ordering::Relaxed);
    }
}

fn watched(hands: &Arc<Hands>) -> ClockWatch {
    ClockWatch::new(Arc::<Hands>::clone(hands), Memory::default())
}

/// Lets time pass in steps of a second, as samples are taken, and gives their stamps.
fn run(hands: &Hands, watch: &ClockWatch, seconds: usize) -> Vec<Stamp> {
    (0..seconds)
        .map(|_| {
            hands.pass(1_000, 1_000);
            watch.stamp(hands.now())
        })
        .collect()
}

fn plain(stamps: &[Stamp]) -> bool {
    stamps.iter().all(|stamp| stamp.shift_ms == 0 && !stamp.doubted)
}

#[test]
fn jumps_are_seen_once_in_both_directions() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    assert!(watch.is_set());
    assert_eq!(watch.check(), None);
    hands.pass(10_000, 10_000);
    assert_eq!(watch.check(), None);
    hands.pass(-HOUR, 1_000);
    assert_eq!(watch.check().map(|jump| jump.by_ms), Some(-HOUR - 1_000));
    assert_eq!(watch.check(), None);
    hands.pass(365 * 24 * HOUR, 0);
    assert_eq!(watch.check().map(|jump| jump.by_ms), Some(365 * 24 * HOUR));
}

#[test]
fn many_small_steps_add_up() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    let seen = (0..5).filter_map(|_| {
        hands.pass(600, 100);
        watch.check()
    });
    assert_eq!(seen.count(), 1);
}

#[test]
fn many_jumps_that_nobody_asks_for_are_bounded() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    for _ in 0..10_000 {
        hands.pass(10_000, 0);
        watch.stamp(hands.now());
    }
    let told: Vec<Jump> = std::iter::from_fn(|| watch.check()).collect();
    assert!(told.len() <= UNTOLD);
    assert_eq!(told.iter().map(|jump| jump.by_ms).sum::<i64>(), 10_000 * 10_000, "none is forgotten");
}

#[test]
fn an_hour_that_comes_again_keeps_both_passes_apart_and_doubts_the_second() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    let first = run(&hands, &watch, 3_600);
    assert!(plain(&first));
    hands.pass(-HOUR, 0);
    let second = run(&hands, &watch, 3_600);
    assert!(second.iter().all(|stamp| stamp.doubted && stamp.shift_ms == 1));
    hands.pass(-HOUR, 0);
    let third = run(&hands, &watch, 3_600);
    assert!(third.iter().all(|stamp| stamp.doubted && stamp.shift_ms == 2));
    let mut times: Vec<i64> = first.iter().chain(&second).chain(&third).map(|stamp| stamp.at.0).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 3 * 3_600, "no two samples have the same time");
    // Once time has caught up all is as ever.
    assert!(plain(&run(&hands, &watch, 10)[1..]));
}

#[test]
fn a_repeated_leap_second_is_kept_and_not_doubted() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    run(&hands, &watch, 60);
    hands.pass(-1_000, 0);
    let again = run(&hands, &watch, 3);
    assert_eq!(again.iter().map(|stamp| stamp.shift_ms).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(again.iter().all(|stamp| !stamp.doubted));
    assert_eq!(watch.check(), None, "a second is no jump");
    // A smeared one: time runs slower by a part in 86,400.
    for _ in 0..86_400 {
        hands.pass(1_000, 1_000);
    }
    hands.pass(-999, 0);
    assert_eq!(watch.check(), None);
}

#[test]
fn an_excursion_into_the_future_does_not_doubt_the_time_that_follows() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    run(&hands, &watch, 10);
    hands.pass(365 * 24 * HOUR, 0);
    assert!(plain(&run(&hands, &watch, 10)));
    hands.pass(-365 * 24 * HOUR, 0);
    assert!(plain(&run(&hands, &watch, 10)), "this time was never used before");
}

#[test]
fn retention_waits_while_the_clock_is_not_set_and_for_a_day_after_a_jump_forward() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    assert!(watch.retention_allowed());
    hands.pass(-2 * HOUR, 0);
    assert!(watch.retention_allowed(), "a clock behind makes nothing old");
    hands.pass(365 * 24 * HOUR, 0);
    assert!(!watch.retention_allowed());
    hands.pass(23 * HOUR, 23 * HOUR as u64);
    assert!(!watch.retention_allowed());
    hands.pass(HOUR, HOUR as u64);
    assert!(watch.retention_allowed());
}

#[test]
fn without_a_clock_time_goes_on_from_the_last_known_and_is_doubted() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    run(&hands, &watch, 100);
    let memory = watch.memory();
    let last = hands.now();

    // The machine was off for who knows how long, and has no clock.
    let reborn = Hands::at(5_000);
    let watch = ClockWatch::new(Arc::<Hands>::clone(&reborn), memory.clone());
    assert!(!watch.is_set() && !watch.retention_allowed());
    let guessed: Vec<Stamp> = (0..10)
        .map(|_| {
            reborn.pass(1_000, 1_000);
            watch.stamp(watch.now())
        })
        .collect();
    assert!(guessed.iter().all(|stamp| stamp.doubted && stamp.at > last));
    assert!(guessed.windows(2).all(|pair| pair[0].at < pair[1].at));
    // Off again before the time was ever set: the next boot still comes after, even when its memory is older than the samples.
    let newest = guessed.last().map(|stamp| stamp.at);
    for memory in [watch.memory(), memory.with_newest_sample(newest), Memory::default().with_newest_sample(newest)] {
        let again = Hands::at(5_000);
        let second = ClockWatch::new(Arc::<Hands>::clone(&again), memory);
        again.pass(1_000, 1_000);
        let stamp = second.stamp(second.now());
        assert!(stamp.doubted && stamp.at > guessed.last().unwrap().at);
    }

    // The time is set.
    reborn.wall.store(NOON + 8 * HOUR, Ordering::Relaxed);
    let jump = watch.check().unwrap();
    assert_eq!(jump.guessed_since, Some(last));
    assert_eq!(jump.at.ms_since(last), jump.by_ms + 10_000);
    assert!(watch.is_set() && watch.retention_allowed(), "a first time is no jump forward to be feared");
    assert!(!watch.stamp(watch.now()).doubted);
}

#[test]
fn a_year_that_cannot_be_is_no_time() {
    for wall in [0, -1, 946_684_800_000, PLAUSIBLE_TO.0, i64::MAX - 1, i64::MIN + 1] {
        let hands = Hands::at(wall);
        let watch = watched(&hands);
        assert!(!watch.is_set(), "{wall}");
        assert_eq!(watch.now(), PLAUSIBLE_FROM);
    }
    // 2038-01-19T03:14:08Z and 2050: nothing special.
    for wall in [2_147_483_648_000, 2_524_608_000_000] {
        assert!(watched(&Hands::at(wall)).is_set());
    }
}

#[test]
fn a_clock_set_back_while_the_gateway_was_off_is_a_jump_too() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    run(&hands, &watch, 3_600);
    let memory = watch.memory();
    let reborn = Hands::at(NOON + HOUR / 2);
    let watch = ClockWatch::new(Arc::<Hands>::clone(&reborn), memory);
    assert_eq!(watch.check().map(|jump| jump.by_ms), Some(-HOUR / 2));
    let stamp = watch.stamp(watch.now());
    assert!(stamp.doubted && stamp.shift_ms == 1);
}

#[test]
fn a_long_absence_makes_retention_wait() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    run(&hands, &watch, 10);
    let memory = watch.memory();
    let soon = ClockWatch::new(Hands::at(NOON + 30 * 24 * HOUR), memory.clone());
    assert!(soon.retention_allowed());
    let late = ClockWatch::new(Hands::at(NOON + 365 * 24 * HOUR), memory);
    assert!(!late.retention_allowed());
}

#[test]
fn what_is_remembered_survives_its_writing_and_stays_small() {
    let hands = Hands::at(NOON);
    let watch = watched(&hands);
    for _ in 0..1_000 {
        hands.pass(-HOUR, 1_000);
        run(&hands, &watch, 3);
    }
    let memory = watch.memory();
    let text = serde_json::to_string(&memory).unwrap();
    assert!(text.len() < 4_000, "{} bytes", text.len());
    assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
}
