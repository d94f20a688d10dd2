use super::*;
use crate::settings::ListenerRule;
use crate::table::MAX_SOURCES;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// A connection whose activity the test says.
#[derive(Debug, Clone, Copy)]
struct Doing {
    busy: bool,
    since: u64,
}

impl Activity for Doing {
    fn is_busy(&self) -> bool {
        self.busy
    }

    fn idle_since(&self) -> u64 {
        self.since
    }
}

const IDLE: Doing = Doing { busy: false, since: 5 };

fn address(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x7f00_0000 + number))
}

fn settings() -> Settings {
    Settings { requests_per_second: 10, burst_seconds: 2, connections_per_source: 4, connections: 8, ..Settings::default() }
}

fn core(settings: Settings) -> Core<Doing> {
    Core::new(settings, 0)
}

fn requests(core: &mut Core<Doing>, number: u32, count: u32, now: u64) -> u32 {
    (0..count).map(|_| u32::from(core.request(address(number), Transport::Tcp, now).is_ok())).sum()
}

#[test]
fn a_source_over_its_limit_is_blocked_for_its_time_and_told_once() {
    let mut core = core(settings());
    assert_eq!(requests(&mut core, 1, 20, 0), 20);
    let beyond = requests(&mut core, 1, 1_000, 0);
    let last = requests(&mut core, 1, 1, 59_999);
    assert_eq!(requests(&mut core, 2, 20, 59_999), 20, "another source is served");
    let block = core.blocks(59_999)[0];
    let news = core.take_news();
    let after = requests(&mut core, 1, 1, 60_000);
    haubert_score::record(
        "13.rules",
        (beyond, last, after, news.len()) == (0, 0, 1, 1),
        format!("served: {beyond} of 1,000 beyond it, {last} at 59,999 ms, {after} at 60,000 ms; told {} times", news.len()),
    );
    assert_eq!((beyond, last), (0, 0));
    assert_eq!(news, [News::Blocked(block)]);
    assert_eq!((block.cause, block.since, block.until), (Cause::Requests, 0, 60_000));
    assert_eq!(after, 1, "served again at its time, without a sweep");
    core.sweep(60_000);
    core.sweep(60_001);
    assert_eq!(core.take_news(), [News::Ended(block)]);
}

#[test]
fn knocking_while_blocked_does_not_make_it_longer() {
    let mut core = core(settings());
    for now in 0..60_000 {
        requests(&mut core, 1, 1, now / 60);
    }
    assert_eq!(core.blocks(0)[0].until, core.blocks(0)[0].since + 60_000);
    assert_eq!(core.take_news().len(), 1);
}

#[test]
fn an_honest_rate_is_never_blocked() {
    let mut core = core(settings());
    assert!((0..10_000u64).all(|count| core.request(address(1), Transport::Tcp, count * 100).is_ok()));
}

#[test]
fn a_block_is_lifted_by_hand_and_gives_a_fresh_start() {
    let mut core = core(settings());
    requests(&mut core, 1, 21, 0);
    let block = core.blocks(0)[0];
    assert!(core.lift(Source::of(address(1)), 1));
    assert!(!core.lift(Source::of(address(1)), 1));
    assert_eq!(requests(&mut core, 1, 20, 1), 20);
    assert_eq!(core.take_news(), [News::Blocked(block), News::Lifted(block)]);
}

#[test]
fn a_block_by_hand_holds_for_both_transports() {
    let mut core = core(settings());
    assert!(core.block_by_hand(Source::of(address(1)), 10, 0));
    assert_eq!(core.request(address(1), Transport::Tcp, 9_999), Err(Refusal::Blocked));
    assert_eq!(core.request(address(1), Transport::Udp, 9_999), Err(Refusal::Blocked));
    assert_eq!(core.request(address(1), Transport::Udp, 10_000), Ok(()));
}

#[test]
fn forged_datagrams_do_not_get_the_sender_s_connections_refused() {
    let mut core = core(settings());
    for _ in 0..100 {
        let _any = core.request(address(1), Transport::Udp, 0);
    }
    assert_eq!(core.request(address(1), Transport::Udp, 0), Err(Refusal::Blocked));
    assert_eq!(requests(&mut core, 1, 20, 0), 20);
}

#[test]
fn too_many_bits_block_strangers_and_slow_down_who_is_vouched_for() {
    let mut core = core(Settings { kilobits_in_per_second: 8, kilobits_out_per_second: 8, ..settings() });
    let mut received = |number, vouched| core.received(address(number), Transport::Tcp, 3_000, vouched, 0);
    assert_eq!(received(1, false), Err(Refusal::Blocked));
    assert_eq!(received(2, true), Ok(Allowance::After(1_000)));
    assert_eq!(core.request(address(1), Transport::Tcp, 0), Err(Refusal::Blocked));
    assert_eq!(core.blocks(0)[0].cause, Cause::Bits);
    assert_eq!(core.sent(address(3), Transport::Tcp, 3_000, 0), Allowance::After(2_000));
    assert_eq!(core.request(address(3), Transport::Tcp, 0), Ok(()), "who is sent much is not blocked");
}

#[test]
fn reserved_sources_keep_their_share_and_are_not_blocked() {
    let reserved = vec!["127.0.0.9".parse().unwrap()];
    let mut core = core(Settings {
        total_requests_per_second: 100,
        requests_per_second: 1_000,
        reserved,
        reserved_percent: 30,
        ..settings()
    });
    assert_eq!((1..9).map(|number| requests(&mut core, number, 50, 0)).sum::<u32>(), 70);
    assert_eq!(requests(&mut core, 9, 50, 0), 30);
    assert!(core.blocks(0).is_empty(), "too much of all together is nobody's fault");
    core.configure(Settings {
        requests_per_second: 1,
        burst_seconds: 1,
        total_requests_per_second: 1_000,
        ..core.settings().clone()
    });
    assert_eq!(core.request(address(9), Transport::Tcp, 100_000), Ok(()));
    assert_eq!(core.request(address(9), Transport::Tcp, 100_000), Err(Refusal::Busy));
    assert!(core.blocks(100_000).is_empty());
}

/// A crowd that only connects does not use up what others may ask for.
#[test]
fn connections_count_for_their_source_alone() {
    let mut core = core(Settings { total_requests_per_second: 10, requests_per_second: 100, ..settings() });
    let admitted = (0..10_000).filter(|number| core.connection(address(1_000 + number % 200), 0).is_ok()).count();
    assert_eq!(admitted, 10_000, "fifty each, of a hundred");
    assert_eq!(requests(&mut core, 1, 4, 0), 4);
    let once_too_often = (0..300).filter(|_| core.connection(address(2), 0).is_err()).count();
    assert_eq!(once_too_often, 100, "beyond the burst of two seconds");
    assert_eq!(core.blocks(0).len(), 1);
}

/// Many sources at once, each within its limit, ask for more than all may: who asks for little is served all the same.
#[test]
fn when_all_ask_for_too_much_who_asks_for_little_is_served() {
    let mut core = core(Settings { total_requests_per_second: 2_000, requests_per_second: 200, burst_seconds: 5, ..settings() });
    let mut crowd = 0;
    for now in (0..10_000).step_by(20) {
        // Two hundred sources at fifty a second each: five times what all may.
        crowd += (1..=200).map(|number| requests(&mut core, number, 1, now)).sum::<u32>();
        assert!(now % 300 != 0 || requests(&mut core, 9_999, 1, now) == 1, "three or four a second, at {now}");
    }
    assert!((18_000..=22_000).contains(&crowd), "{crowd} of 100,000");
    assert!(core.blocks(0).is_empty());
}

#[test]
fn lists_decide_per_listener() {
    let rule = ListenerRule { allow: vec!["127.0.0.0/29".parse().unwrap()], deny: vec!["127.0.0.3".parse().unwrap()] };
    let mut core = core(Settings { listeners: BTreeMap::from([("modbus".to_owned(), rule)]), ..settings() });
    let mut listed = |number, listener: &str| core.listed(address(number), Transport::Tcp, listener, 0).is_ok();
    assert!(listed(1, "modbus") && !listed(3, "modbus") && !listed(9, "modbus"));
    assert!(listed(3, "https") && listed(9, "https"));
}

#[test]
fn the_idlest_connection_gives_way_to_a_newcomer() {
    let mut core = core(settings());
    for since in [7, 3, 9, 4] {
        core.connect(address(1), Doing { busy: since == 3, since }, 0).unwrap();
    }
    let (_, closed) = core.connect(address(1), IDLE, 0).unwrap();
    assert_eq!(closed.unwrap().since, 4, "its own idlest that is not at work");
    for _ in 0..4 {
        assert!(core.connect(address(2), Doing { busy: true, since: 0 }, 0).unwrap().1.is_none());
    }
    assert_eq!(core.connect(address(2), IDLE, 0).unwrap_err(), Refusal::TooManyConnections, "all of its own are at work");
    let (_, closed) = core.connect(address(3), IDLE, 0).unwrap();
    assert!(closed.is_some(), "one of those who hold most");
    assert_eq!(core.open(), 8);
}

#[test]
fn newcomers_get_in_beside_any_number_of_busy_connections_of_one_source() {
    let mut core = core(Settings { connections_per_source: 100, connections: 100, ..settings() });
    for _ in 0..100 {
        core.connect(address(1), Doing { busy: true, since: 0 }, 0).unwrap();
    }
    assert_eq!(core.connect(address(1), IDLE, 0).unwrap_err(), Refusal::TooManyConnections);
    for newcomer in 2..50 {
        assert!(core.connect(address(newcomer), IDLE, 0).unwrap().1.unwrap().busy);
    }
}

#[test]
fn who_comes_and_goes_at_once_is_not_displaced_by_a_crowd_that_stays() {
    let mut core = core(Settings { connections_per_source: 64, connections: 512, ..settings() });
    let mut kept = Vec::new();
    for now in 0..20_000_u64 {
        let crowd = address(1_000 + u32::try_from(now % 200).unwrap());
        core.connect(crowd, Doing { busy: false, since: now }, now).unwrap();
        // Three of the honest source at a time, each for 30 ms, beside one that was there before.
        if now % 10 == 0 {
            kept.push((now, core.connect(address(1), Doing { busy: false, since: now }, now).unwrap().0));
            if kept.len() > 3 {
                let (since, id) = kept.remove(0);
                assert_eq!(now - since, 30);
                assert!(core.connections.remove(id).is_some(), "displaced at {now}");
            }
        }
    }
    assert_eq!(core.open(), 512);
}

#[test]
fn reserved_connections_are_not_taken_away() {
    let reserved = vec!["127.0.0.9".parse().unwrap()];
    let mut core = core(Settings { reserved, reserved_percent: 25, connections_per_source: 8, ..settings() });
    for number in 1..=6 {
        core.connect(address(number), Doing { busy: number != 6, since: 0 }, 0).unwrap();
    }
    assert!(core.connect(address(7), IDLE, 0).unwrap().1.is_some(), "two are kept free: the idle one gives way");
    core.connect(address(9), IDLE, 0).unwrap();
    core.connect(address(9), IDLE, 0).unwrap();
    assert_eq!(core.open(), 8);
    assert!(core.connect(address(7), IDLE, 0).unwrap().1.is_some(), "its own gives way");
    assert_eq!(core.connections_of(Source::of(address(9))).count(), 2);
}

#[test]
fn off_lets_everything_pass() {
    let mut core = core(Settings { enabled: false, ..settings() });
    assert_eq!(requests(&mut core, 1, 10_000, 0), 10_000);
    assert!((0..100).all(|_| core.connect(address(1), IDLE, 0).unwrap().1.is_none()));
}

#[test]
fn room_is_bounded_whatever_comes() {
    let mut core = core(settings());
    for number in 0..200_000 {
        requests(&mut core, number, 1, 0);
    }
    assert_eq!(core.known(), MAX_SOURCES);
    for number in 0..3_000 {
        core.block_by_hand(Source::of(address(number)), 10, 0);
    }
    assert_eq!(core.blocks(0).len(), MAX_BY_HAND);
    assert!(core.take_news().len() <= MAX_NEWS);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// In any order of connects, ends and requests: caps hold, counts agree, blocked sources get nothing, others within their
    /// limits get everything.
    #[test]
    fn caps_and_counts_hold(steps in proptest::collection::vec((0u8..4, 0u32..6, 0u64..300, any::<bool>()), 1..400)) {
        let mut core = core(settings());
        let (mut now, mut open) = (0, Vec::<(u64, u32)>::new());
        for (kind, number, wait, busy) in steps {
            now += wait;
            let blocked = core.blocks(now).iter().any(|block| block.source == Source::of(address(number)));
            match kind {
                0 => {
                    if let Ok((id, _)) = core.connect(address(number), Doing { busy, since: now }, now) {
                        open.push((id, number));
                    }
                }
                1 if !open.is_empty() => core.disconnect(open.swap_remove(usize::try_from(now).unwrap() % open.len()).0),
                _ => {
                    let passed = core.request(address(number), Transport::Tcp, now).is_ok();
                    prop_assert!(!(blocked && passed));
                }
            }
            prop_assert!(core.open() <= 8);
            let views = core.sources(100, now);
            prop_assert_eq!(views.iter().map(|view| view.connections as usize).sum::<usize>(), core.open());
            prop_assert!(views.iter().all(|view| view.connections <= 4));
            for block in core.blocks(now) {
                prop_assert!(block.since <= now && now < block.until && block.until - block.since == 60_000);
            }
        }
    }
}
