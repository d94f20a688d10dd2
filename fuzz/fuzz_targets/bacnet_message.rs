//! Datagrams for the BACnet/IP server, one after the other: each is answered to whom it came from, within the size of a datagram, and
//! whatever is remembered of it stays within bounds.
#![no_main]

use haubert_bacnet::{Counters, Excerpt, Facts, Load, Meter, Model, Record, Shown, Site, Station, Trend};
use haubert_model::{Decimal, DeviceId, PointRef, Quantity, Reading, Reason, Timestamp};
use libfuzzer_sys::fuzz_target;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, LazyLock};

const PEER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 47808);
/// Longest datagram: link, network with both addresses, and the longest message of the application.
const LONGEST: usize = 4 + 24 + 1476;

struct Now;

impl Facts for Now {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_790_000_000)
    }

    fn answers(&self, _: DeviceId) -> bool {
        true
    }

    fn reading(&self, point: PointRef) -> Option<Reading> {
        Some(Reading::measured(point, Decimal::new(725, -1), self.now(), Reason::Measured))
    }
}

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
    let quantities = [Quantity::ActivePowerTotal, Quantity::ActiveEnergyImport, Quantity::DigitalInput];
    let meter = Meter {
        id: DeviceId(Default::default()),
        instance: 101,
        name: "Meter".to_owned(),
        make: String::new(),
        model: String::new(),
        serial: String::new(),
        loads: vec![Load { channel: 1, name: "Quay".to_owned() }],
        points: quantities.map(|quantity| (1, quantity)).to_vec(),
        trends: vec![Trend { channel: 1, quantity: Quantity::ActiveEnergyImport, period_s: 600 }],
    };
    let site = Site {
        name: "Port".to_owned(),
        instance: 100,
        network: 4711,
        version: "1".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        meters: vec![meter],
    };
    Arc::new(Model::new(site))
});

fuzz_target!(|data: &[u8]| {
    let shown = Shown { model: Arc::clone(&MODEL), takes_foreign: true, bbmd: Some(PEER) };
    let mut station = Station::new(shown, Arc::new(Now), Counters::default());
    // A byte ends each, so that a mutation of one leaves the others.
    for (at, datagram) in (0u64..).zip(data.split_inclusive(|byte| *byte == 0xFE).take(16)) {
        let now_ms = at * 700;
        let mut out = station.receive(PEER, datagram, now_ms, &|_| false);
        for fetch in std::mem::take(&mut out.fetch) {
            let Excerpt { count, .. } = fetch.excerpt;
            assert!(count <= 64);
            let records = vec![Some(Record { value: 1.0, good: true }); count as usize];
            out.send.extend(station.fetched(fetch, Some(&records), now_ms).send);
        }
        out.send.extend(station.tick(now_ms).send);
        assert!(out.send.iter().all(|(to, bytes)| *to == PEER && bytes.len() <= LONGEST));
    }
});
