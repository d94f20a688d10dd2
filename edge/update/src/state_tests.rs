use super::*;
use proptest::prelude::*;

fn none(_: Slot) -> Vec<String> {
    Vec::new()
}

fn updated() -> State {
    let mut state = State::first("1.0.0".to_owned());
    assert!(state.begin_filling());
    state.filled("2.0.0".to_owned());
    assert!(state.switch(Kind::Update));
    state
}

#[test]
fn a_healthy_release_stays_and_the_one_before_can_come_back() {
    let mut state = updated();
    assert_eq!(state.start(none), Slot::B);
    assert!(!state.begin_filling(), "nothing is installed while a trial runs");
    assert!(state.healthy() && state.commit());
    assert_eq!((state.active, state.version.as_str(), state.other.as_deref()), (Slot::B, "2.0.0", Some("1.0.0")));
    assert_eq!(state.start(none), Slot::B);
    assert!(state.switch(Kind::RollBack));
    assert_eq!(state.start(none), Slot::A);
    assert!(state.commit());
    assert_eq!(state.version, "1.0.0");
    assert_eq!(state.stamp(Timestamp(5)).len(), 2);
    assert!(state.stamp(Timestamp(6)).is_empty());
}

#[test]
fn a_release_that_does_not_start_three_times_gives_way() {
    let mut state = updated();
    for _ in 0..MAX_STARTS {
        assert_eq!(state.start(none), Slot::B);
    }
    assert_eq!(state.start(none), Slot::A);
    assert_eq!(state.past.last().unwrap().reason, Reason::DidNotStart);
    assert_eq!(state.version, "1.0.0");
    assert!(!state.switch(Kind::RollBack), "nobody goes back to what has failed");
}

#[test]
fn a_changed_slot_does_not_run_when_there_is_another() {
    let changed = |slot: Slot| move |asked: Slot| if asked == slot { vec!["program".to_owned()] } else { Vec::new() };
    let mut state = updated();
    assert_eq!(state.start(changed(Slot::B)), Slot::A);
    assert_eq!(state.past.last().unwrap().reason, Reason::Tampered);
    assert!(!state.switch(Kind::RollBack), "nobody can choose it again");

    let mut state = updated();
    state.start(none);
    state.commit();
    assert_eq!(state.start(changed(Slot::B)), Slot::A);
    assert_eq!((state.version.as_str(), &state.other), ("1.0.0", &None));
    assert_eq!(state.tampered.as_ref().unwrap().slot, Slot::B);

    // Both changed, or only one there: it runs and says so.
    let mut state = State::first("1.0.0".to_owned());
    assert_eq!(state.start(changed(Slot::A)), Slot::A);
    assert_eq!(state.tampered.unwrap().files, ["program"]);
}

/// What can happen, in any order; a crash is anything followed by a start.
#[derive(Debug, Clone, Copy)]
enum Act {
    Begin,
    Wipe,
    Write,
    Filled,
    Switch,
    Start,
    Healthy,
    Commit,
    GiveUp,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    use Act::*;
    prop::collection::vec(
        prop::sample::select(vec![Begin, Wipe, Write, Filled, Switch, Start, Start, Healthy, Commit, GiveUp]),
        0..200,
    )
}

proptest! {
    /// However installing, trying and dying follow each other, a start finds a whole slot, and the version told is the one in it.
    #[test]
    fn a_whole_slot_always_runs(acts in acts()) {
        let mut state = State::first("0".to_owned());
        // What is in the slots: a whole release, or rubble.
        let mut content = [Some("0".to_owned()), None];
        let index = |slot: Slot| usize::from(slot == Slot::B);
        // An installer goes through its steps in order and dies with the process.
        let (mut step, mut next) = (0, 1);
        for act in acts {
            let other = index(state.active.other());
            match act {
                Act::Begin if state.begin_filling() => step = 1,
                Act::Wipe if step == 1 => { content[other] = None; step = 2; }
                Act::Write if step == 2 => { content[other] = Some(next.to_string()); step = 3; }
                Act::Filled if step == 3 => { state.filled(next.to_string()); next += 1; step = 0; }
                Act::Switch if step == 0 => { state.switch(Kind::Update); }
                Act::Start => {
                    step = 0;
                    let slot = state.start(none);
                    let told = match &state.trial { Some(trial) => &trial.version, None => &state.version };
                    prop_assert_eq!(content[index(slot)].as_ref(), Some(told));
                }
                Act::Healthy => { state.healthy(); }
                Act::Commit if state.trial.as_ref().is_some_and(|trial| trial.starts > 0) => { state.commit(); }
                Act::GiveUp => { state.give_up(Reason::NotHealthy); }
                _ => {}
            }
            prop_assert_eq!(content[index(state.active)].as_deref(), Some(state.version.as_str()));
        }
    }
}
