//! Conversations, datagram by datagram.

use super::*;
use crate::membership::Registration;
use crate::model::tests::{meter, model};
use crate::wire::code::{ObjectId, ObjectType, property};
use crate::wire::tag::Writer;
use haubert_model::{Decimal, DeviceId, PointRef, Reading, Reason, Timestamp};
use proptest::prelude::*;
use std::net::Ipv4Addr;

const PEER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 47808);

struct Now;

impl Facts for Now {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(60_000_000)
    }

    fn answers(&self, _: DeviceId) -> bool {
        true
    }

    fn reading(&self, point: PointRef) -> Option<Reading> {
        Some(Reading::measured(point, Decimal::new(72, 0), self.now(), Reason::Measured))
    }
}

fn station(meters: u32, takes_foreign: bool) -> Station {
    let model = model((101..101 + meters).map(|instance| meter(instance, &format!("Meter {instance}"))).collect());
    Station::new(Shown { model: Arc::new(model), takes_foreign, bbmd: None }, Arc::new(Now), Counters::default())
}

fn nobody(_: SocketAddr) -> bool {
    false
}

/// What came back, each taken apart.
fn heard(out: &Out) -> Vec<(SocketAddrV4, Npdu<'_>)> {
    out.send
        .iter()
        .map(|(to, bytes)| {
            let Some(Link::Unicast(npdu)) = bvlc::decode(bytes) else { panic!("{bytes:?}") };
            (*to, npdu::decode(npdu).unwrap())
        })
        .collect()
}

fn application<'a>(npdu: &Npdu<'a>) -> &'a [u8] {
    let Content::Application(apdu) = npdu.content else { panic!("{npdu:?}") };
    apdu
}

fn to_meter(instance: u8) -> Option<Place> {
    Place::new(4711, &[0, 0, instance])
}

fn unicast(to: Option<Place>, from: Option<Place>, apdu: &[u8]) -> Vec<u8> {
    bvlc::unicast(&npdu::encode(to, from, true, Content::Application(apdu)))
}

fn read(object: ObjectId, property: u32) -> Vec<u8> {
    let mut data = Writer::default();
    data.context_object(0, object).context_unsigned(1, property.into());
    apdu::confirmed(7, confirmed::READ_PROPERTY, &data.done())
}

#[test]
fn who_is_is_answered_by_those_who_are_meant() {
    let who = apdu::unconfirmed(unconfirmed::WHO_IS, &[]);
    for (to, meant) in
        [(None, 1), (Some(Place::all(EVERYWHERE)), 3), (Some(Place::all(4711)), 2), (to_meter(102), 1), (Some(Place::all(9)), 0)]
    {
        let mut station = station(2, false);
        let npdu = npdu::encode(to, None, false, Content::Application(&who));
        let mut datagram = bvlc::unicast(&npdu);
        datagram[1] = 0x0B;
        let out = station.receive(PEER, &datagram, 0, &nobody);
        let heard = heard(&out);
        assert_eq!(heard.len(), meant, "{to:?}");
        for (peer, npdu) in &heard {
            assert!(*peer == PEER && npdu.to.is_none());
        }
        if meant == 1 && to.is_some() {
            assert_eq!((heard[0].1.from, &application(&heard[0].1)[..7]), (to_meter(102), &[0x10, 0, 0xC4, 2, 0, 0, 102][..]));
        }
    }
}

#[test]
fn a_meter_is_asked_through_the_router_and_answers_through_it() {
    let mut station = station(2, false);
    let far = Place::new(9, &[1]);
    let out =
        station.receive(PEER, &unicast(to_meter(101), far, &read(ObjectId::device(101), property::OBJECT_NAME)), 0, &nobody);
    let heard = heard(&out);
    assert_eq!((heard[0].1.to, heard[0].1.from), (far, to_meter(101)));
    let apdu = application(&heard[0].1);
    assert_eq!(apdu[..3], [0x30, 7, 12]);
    assert!(apdu.ends_with(b"Meter 101\x3F"));
    // The gateway knows nothing of the meter's objects, and there is no meter at other addresses.
    let out = station.receive(PEER, &unicast(None, None, &read(ObjectId::device(101), property::OBJECT_NAME)), 0, &nobody);
    assert_eq!(application(&super::tests::heard(&out)[0].1), [0x50, 7, 12, 0x91, 1, 0x91, 31]);
    assert!(station.receive(PEER, &unicast(to_meter(200), None, &read(ObjectId::device(200), 77)), 0, &nobody).send.is_empty());
    // Nobody outside is on the network that is here.
    assert!(station.receive(PEER, &unicast(None, to_meter(101), &read(ObjectId::device(100), 77)), 0, &nobody).send.is_empty());
}

#[test]
fn routers_learn_which_network_is_here() {
    let mut station = station(1, false);
    let mut ask = |to: Option<Place>, kind, data: &[u8]| {
        let datagram = bvlc::unicast(&npdu::encode(to, None, false, Content::Router(kind, data)));
        let out = station.receive(PEER, &datagram, 0, &nobody);
        heard(&out).iter().map(|(_, npdu)| npdu::encode(npdu.to, npdu.from, false, npdu.content)).collect::<Vec<_>>()
    };
    let network = 4711u16.to_be_bytes();
    let here = vec![vec![1, 0x80, 1, network[0], network[1]]];
    assert_eq!(ask(None, message::WHO_IS_ROUTER, &[]), here);
    assert_eq!(ask(None, message::WHO_IS_ROUTER, &network), here);
    assert!(ask(None, message::WHO_IS_ROUTER, &[0, 9]).is_empty());
    assert_eq!(ask(None, message::INITIALIZE_TABLE, &[0]), [vec![1, 0x80, 7, 1, network[0], network[1], 1, 0]]);
    assert!(ask(None, message::INITIALIZE_TABLE, &[1, 0, 9, 1, 0]).is_empty(), "the table is ours");
    let lost = station.receive(PEER, &unicast(Place::new(9, &[1]), None, &[0x10, 8]), 0, &nobody);
    assert_eq!(heard(&lost)[0].1.content, Content::Router(message::REJECT, &[1, 0, 9]));
}

#[test]
fn nothing_can_be_written() {
    let mut station = station(1, false);
    let mut data = Writer::default();
    data.context_object(0, ObjectId::new(ObjectType::ANALOG_INPUT, 1001)).context_unsigned(1, 85).open(3).real(1.0).close(3);
    let out = station.receive(PEER, &unicast(to_meter(101), None, &apdu::confirmed(7, 15, &data.done())), 0, &nobody);
    assert_eq!(application(&heard(&out)[0].1), [0x50, 7, 15, 0x91, 2, 0x91, 40]);
    let mut data = Writer::default();
    data.context_object(0, ObjectId::device(101)).open(1).context_unsigned(0, 77).open(2).text("x").close(2).close(1);
    let out = station.receive(PEER, &unicast(to_meter(101), None, &apdu::confirmed(7, 16, &data.done())), 0, &nobody);
    let error = [0x50, 7, 16, 0x0E, 0x91, 2, 0x91, 40, 0x0F, 0x1E, 0x0C, 2, 0, 0, 101, 0x19, 77, 0x1F];
    assert_eq!(application(&heard(&out)[0].1), error);
    // Whatever else would change something is not known: DeviceCommunicationControl, ReinitializeDevice, CreateObject.
    for service in [17, 20, 10] {
        let out = station.receive(PEER, &unicast(None, None, &apdu::confirmed(7, service, &[])), 0, &nobody);
        assert_eq!(application(&heard(&out)[0].1), [0x60, 7, 9]);
    }
}

#[test]
fn a_long_answer_comes_in_segments_where_they_are_taken() {
    let all = {
        let mut data = Writer::default();
        for _ in 0..8 {
            data.context_object(0, ObjectId::device(101)).open(1).context_unsigned(0, property::ALL.into()).close(1);
        }
        data.done()
    };
    let ask = |first: u8, station: &mut Station| {
        let mut request = apdu::confirmed(7, confirmed::READ_PROPERTY_MULTIPLE, &all);
        request[0] = first;
        request[1] = 0x73;
        let out = station.receive(PEER, &unicast(to_meter(101), None, &request), 0, &nobody);
        heard(&out).iter().map(|(_, npdu)| application(npdu).to_vec()).collect::<Vec<_>>()
    };
    let mut station = station(1, false);
    assert_eq!(ask(0x00, &mut station), [vec![0x71, 7, Abort::SegmentationNotSupported as u8]]);
    let mut segments = ask(0x02, &mut station);
    assert_eq!(segments[0][..5], [0x3C, 7, 0, 16, 14]);
    assert!(segments[0].len() <= 480);
    for _ in 0..20 {
        let (sequence, more) = segments.last().map(|last| (last[2], last[0] & 4 != 0)).unwrap();
        let acknowledged = unicast(to_meter(101), None, &[0x40, 7, sequence, 4]);
        let out = station.receive(PEER, &acknowledged, 0, &nobody);
        let next = heard(&out).iter().map(|(_, npdu)| application(npdu).to_vec()).collect::<Vec<_>>();
        assert_eq!(next.is_empty(), !more);
        segments.extend(next);
    }
    let whole: Vec<u8> = segments.iter().flat_map(|segment| segment[5..].to_vec()).collect();
    assert_eq!(whole[..whole.len() / 8], whole[whole.len() / 8 * 7..]);
    assert_eq!(whole.len() % 8, 0, "eight times the same");
}

#[test]
fn changes_are_told_after_the_answer_that_they_will_be() {
    let mut station = station(1, false);
    let mut data = Writer::default();
    data.context_unsigned(0, 5).context_object(1, ObjectId::new(ObjectType::ANALOG_INPUT, 1001)).context_bool(2, true);
    let request = apdu::confirmed(7, confirmed::SUBSCRIBE_COV, &data.done());
    let out = station.receive(PEER, &unicast(to_meter(101), None, &request), 0, &nobody);
    let heard = heard(&out);
    assert_eq!(application(&heard[0].1), [0x20, 7, 5]);
    let notification = application(&heard[1].1);
    assert_eq!((notification[0], notification[3]), (0x00, confirmed::COV_NOTIFICATION));
    assert_eq!(heard[1].1.from, to_meter(101));
    assert_eq!(station.counters.read().subscriptions, 1);
    let out = station.receive(
        PEER,
        &unicast(to_meter(101), None, &read(ObjectId::device(101), property::ACTIVE_COV_SUBSCRIPTIONS)),
        0,
        &nobody,
    );
    assert!(application(&super::tests::heard(&out)[0].1).windows(6).any(|six| six == [10, 0, 0, 9, 0xBA, 0xC0]));
}

#[test]
fn history_is_fetched_before_it_is_told_and_only_so_often_at_once() {
    let mut station = station(1, false);
    let mut data = Writer::default();
    data.context_object(0, ObjectId::new(ObjectType::TREND_LOG, 1001)).context_unsigned(1, property::LOG_BUFFER.into());
    data.open(3).unsigned(1).signed(2).close(3);
    let request = unicast(to_meter(101), None, &apdu::confirmed(7, confirmed::READ_RANGE, &data.done()));
    let mut fetches = Vec::new();
    for _ in 0..FETCHES {
        let out = station.receive(PEER, &request, 0, &nobody);
        assert!(out.send.is_empty());
        fetches.extend(out.fetch);
    }
    let out = station.receive(PEER, &request, 0, &nobody);
    assert_eq!(application(&heard(&out)[0].1), [0x71, 7, Abort::OutOfResources as u8]);
    let fetch = fetches.remove(0);
    assert_eq!(fetch.excerpt.count, 2);
    let out = station.fetched(fetch, Some(&[Some(Record { value: 72.0, good: true }), None]), 0);
    assert_eq!(application(&heard(&out)[0].1)[..3], [0x30, 7, 26]);
    let out = station.fetched(fetches.remove(0), None, 0);
    assert_eq!(application(&heard(&out)[0].1), [0x50, 7, 26, 0x91, 0, 0x91, 25]);
}

#[test]
fn foreign_devices_register_where_that_is_allowed() {
    let distribute =
        [&[0x81, 9, 0, 12][..], &npdu::encode(Some(Place::all(EVERYWHERE)), None, false, Content::Application(&[0x10, 8]))[..]]
            .concat();
    let mut station = station(2, true);
    let outcome = |out: Out| out.send.first().map(|(_, bytes)| bytes.clone());
    let refused = Some(bvlc::result(Outcome::DistributeRefused));
    assert_eq!(outcome(station.receive(PEER, &distribute, 0, &nobody)), refused);
    assert_eq!(outcome(station.receive(PEER, &[0x81, 5, 0, 6, 0, 60], 0, &nobody)), Some(bvlc::result(Outcome::Done)));
    let out = station.receive(PEER, &distribute, 0, &nobody);
    assert_eq!(heard(&out).len(), 3);
    assert_eq!(station.counters.read().foreign, 1);
    let delete = [&[0x81, 8, 0, 10][..], &[10, 0, 0, 9, 0xBA, 0xC0]].concat();
    let other = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 8), 47808);
    assert_eq!(outcome(station.receive(other, &delete, 0, &nobody)), Some(bvlc::result(Outcome::DeleteForeignRefused)));
    assert_eq!(outcome(station.receive(PEER, &delete, 0, &nobody)), Some(bvlc::result(Outcome::Done)));
    assert_eq!(outcome(station.receive(PEER, &distribute, 0, &nobody)), refused);
    station.show(Shown { model: Arc::clone(&station.model), takes_foreign: false, bbmd: None });
    let registered = station.receive(PEER, &[0x81, 5, 0, 6, 0, 60], 0, &nobody);
    assert_eq!(outcome(registered), Some(bvlc::result(Outcome::RegisterRefused)));
}

#[test]
fn the_gateway_registers_where_it_is_to() {
    let mut station = station(1, false);
    station.show(Shown { model: Arc::clone(&station.model), takes_foreign: false, bbmd: Some(PEER) });
    assert_eq!(station.tick(0).send, [(PEER, bvlc::register(180))]);
    assert_eq!(station.counters.read().registration, Registration::Asked);
    station.receive(PEER, &bvlc::result(Outcome::Done), 1, &nobody);
    let counted = station.counters.read();
    assert_eq!((counted.registration, counted.malformed), (Registration::Done, 0));
    station.receive(PEER, &bvlc::result(Outcome::RegisterRefused), 2, &nobody);
    let counted = station.counters.read();
    assert_eq!((counted.registration, counted.malformed), (Registration::Done, 1), "it has its answer");
}

#[test]
fn what_a_bbmd_forwards_is_answered_to_whom_the_firewall_knows() {
    let mut station = station(0, false);
    let forwarded = [&[0x81, 4, 0, 14, 10, 0, 7, 7, 0xBA, 0xC0][..], &[1, 0, 0x10, 8]].concat();
    assert!(station.receive(PEER, &forwarded, 0, &nobody).send.is_empty());
    let out = station.receive(PEER, &forwarded, 0, &|_| true);
    assert_eq!(out.send[0].0, SocketAddrV4::new(Ipv4Addr::new(10, 0, 7, 7), 47808));
}

proptest! {
    /// Any bytes, also behind a sound head: they are answered to who sent them, or not at all.
    #[test]
    fn any_bytes_are_taken(
        function in prop::sample::select(vec![0u8, 1, 2, 4, 5, 6, 8, 9, 10, 11]),
        head in prop::sample::select(vec![vec![], vec![1, 0], vec![1, 4], vec![1, 0x80], vec![1, 0x24, 0x12, 0x67, 3, 0, 0, 101, 255]]),
        service in prop::sample::select(vec![vec![], vec![0x10, 7], vec![0x10, 8], vec![0, 5, 1, 5], vec![2, 0x75, 1, 12], vec![2, 0x75, 1, 14], vec![0, 5, 1, 26]]),
        rest in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut station = station(1, true);
        let body = [head, service, rest].concat();
        let length = (body.len() + 4) as u16;
        let datagram = [&[0x81, function][..], &length.to_be_bytes(), &body].concat();
        let out = station.receive(PEER, &datagram, 0, &nobody);
        prop_assert!(out.send.iter().all(|(to, bytes)| *to == PEER && bytes.len() <= 1506));
        station.tick(10_000);
    }
}
