//! A bus against peers that do what masters in the field fall over (facts: peers.md, complaints 1 to 6).

use crate::support::*;
use haubert_fieldbus::{BusEvent, DeviceState};
use haubert_model::Reason;

/// Rounds of every kind end, no value is ever wrong, and once the peer behaves all values are there.
async fn survives(peer: &Peer, running: &mut Running, unit: u8, rounds: usize) {
    for _ in 0..rounds {
        assert_never_wrong(&running.round(unit).await);
    }
    peer.behave();
    let readings = running.round_with(unit, all_good).await;
    assert_never_wrong(&readings);
}

#[tokio::test]
async fn late_answers_are_dropped_and_counted_never_taken_for_the_next() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    let mut held: Option<Vec<u8>> = None;
    // Every answer is sent one request late; the first one of each pair times out.
    peer.script(move |seen| match held.take() {
        None => {
            held = Some(seen.right.clone());
            Reply::Bytes(Vec::new())
        }
        Some(late) => Reply::Bytes([late, seen.right.clone()].concat()),
    });
    let mut running = Running::start(settings(peer.line(), 80, 10), vec![device(1, METER)], catalogue());
    for _ in 0..6 {
        assert_never_wrong(&running.round(1).await);
    }
    assert!(running.bus.status().totals.stale >= 1);
    survives(&peer, &mut running, 1, 1).await;
    assert_eq!(peer.world().connections, 1, "a time-out costs no connection");
}

#[tokio::test]
async fn a_wrong_transaction_id_is_no_answer() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    peer.script(|seen| {
        let mut bytes = seen.right.clone();
        bytes[1] ^= 0x55;
        Reply::Bytes(bytes)
    });
    let mut running = Running::start(settings(peer.line(), 60, 10), vec![device(1, METER)], catalogue());
    assert!(running.round(1).await.iter().all(|reading| reading.reason == Reason::NoAnswer));
    assert!(running.bus.status().totals.stale >= 1);
    survives(&peer, &mut running, 1, 1).await;
}

#[tokio::test]
async fn answers_that_cannot_be_are_damage_and_others_go_on() {
    type Spoil = fn(&Seen) -> Vec<u8>;
    let spoils: [(&str, Spoil); 6] = [
        ("other protocol", |seen| [&seen.right[..2], &[0, 9], &seen.right[4..]].concat()),
        ("length of 65535", |seen| [&seen.right[..4], &[0xFF, 0xFF], &seen.right[6..]].concat()),
        ("length of 1", |seen| [&seen.right[..4], &[0, 1], &seen.right[6..]].concat()),
        ("other function", |seen| [&seen.right[..7], &[4], &seen.right[8..]].concat()),
        ("other byte count", |seen| [&seen.right[..8], &[200], &seen.right[9..]].concat()),
        ("other unit", |seen| [&seen.right[..6], &[77], &seen.right[7..]].concat()),
    ];
    for (name, spoil) in spoils {
        let peer = Peer::start(Framing::Tcp).await;
        peer.unit(1, meter()).unit(2, meter());
        peer.script(move |seen| if seen.unit == 1 { Reply::Bytes(spoil(seen)) } else { Reply::Right });
        let mut running = Running::start(settings(peer.line(), 2000, 10), vec![device(1, METER), device(2, METER)], catalogue());
        let readings = running.round(1).await;
        assert!(readings.iter().all(|reading| reading.reason == Reason::DamagedAnswer), "{name}: {readings:?}");
        running.round_with(2, all_good).await;
        assert!(running.bus.status().totals.malformed >= 1, "{name}");
        survives(&peer, &mut running, 1, 1).await;
    }
}

#[tokio::test]
async fn half_a_frame_then_silence_costs_one_time_out_and_the_connection() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    peer.script(|seen| Reply::Bytes(seen.right[..5].to_vec()));
    let mut running = Running::start(settings(peer.line(), 60, 10), vec![device(1, METER)], catalogue());
    assert!(running.round(1).await.iter().all(|reading| reading.reason == Reason::NoAnswer));
    survives(&peer, &mut running, 1, 1).await;
    assert!(peer.world().connections >= 2);
}

#[tokio::test]
async fn a_flood_of_stale_frames_and_noise_ends_with_the_time_out() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    peer.script(|seen| {
        Reply::Bytes(frame(Framing::Tcp, seen.transaction.wrapping_sub(1), 1, &[3, 4, 0, 1, 0, 2]).repeat(20_000))
    });
    let mut running = Running::start(settings(peer.line(), 200, 10), vec![device(1, METER)], catalogue());
    assert_never_wrong(&running.round(1).await);
    assert!(running.bus.status().totals.stale > 0);
    survives(&peer, &mut running, 1, 0).await;
}

#[tokio::test]
async fn a_peer_that_closes_on_every_request_does_not_spin() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    peer.script(|_| Reply::Close);
    let mut running = Running::start(settings(peer.line(), 500, 20), vec![device(1, METER)], catalogue());
    for _ in 0..3 {
        assert!(running.round(1).await.iter().all(|reading| reading.reason == Reason::BusDown));
    }
    // Two connections a round, and longer waits between rounds.
    let connections = peer.world().connections;
    let rounds = usize::try_from(running.bus.status().devices[0].consecutive_failures).unwrap() + 1;
    assert!(connections <= 2 * rounds, "{connections} connections in {rounds} rounds");
    survives(&peer, &mut running, 1, 0).await;
}

#[tokio::test]
async fn a_bus_that_is_stuck_does_not_touch_another() {
    let (stuck, well) = (Peer::start(Framing::Tcp).await, Peer::start(Framing::Tcp).await);
    well.unit(1, meter());
    let _stuck = Running::start(settings(stuck.line(), 30_000, 10), vec![device(1, METER)], catalogue());
    let mut running = Running::start(settings(well.line(), 2000, 10), vec![device(1, METER)], catalogue());
    for _ in 0..20 {
        running.round_with(1, all_good).await;
    }
    assert!(stuck.asked(1) <= 1);
}

#[tokio::test]
async fn many_dead_devices_leave_the_living_their_turns() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.unit(1, meter());
    let devices = (1..=12).map(|unit| device(unit, METER)).collect();
    let mut running = Running::start(settings(peer.line(), 50, 10), devices, catalogue());
    let (mut good, mut since) = (0, 0);
    while good < 30 {
        match running.event().await {
            BusEvent::Readout(readout) if readout.device == id(1) => {
                assert!(all_good(&readings(&readout)));
                good += 1;
                since = 0;
            }
            BusEvent::Readout(_) => {
                since += 1;
                // The first round asks each once; after that one attempt at most between two rounds of the living.
                assert!(good <= 1 || since <= 1, "{since} time-outs in a row after {good} rounds");
            }
            BusEvent::DeviceState { state, .. } => assert_ne!(state, DeviceState::Offline),
            BusEvent::Event { .. } => {}
        }
    }
}
