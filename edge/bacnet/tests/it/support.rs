//! A port with some meters.

use haubert_bacnet::{
    Counters, Excerpt, Facts, Fetched, History, Load, Meter, Model, Record, Running, Shown, Site, Sources, Trend, serve,
};
use haubert_guard::{Guard, Listener, Settings, Transport};
use haubert_model::{Clock, Decimal, DeviceId, PointRef, Quantity, Reading, Reason, Timestamp};
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::time::Instant;
use uuid::Uuid;

struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(1_790_000_000_000 + self.monotonic_ms() as i64)
    }

    fn monotonic_ms(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

/// Every value is 100 times the number of its quantity, and grows by as much each second.
struct Port(Arc<Ticking>);

impl Facts for Port {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn answers(&self, _: DeviceId) -> bool {
        true
    }

    fn reading(&self, point: PointRef) -> Option<Reading> {
        let grown = 1 + i64::try_from(self.0.monotonic_ms() / 1000).unwrap();
        let value = Decimal::new(i64::from(point.quantity.number()) * 100 * grown, 0);
        Some(Reading::measured(point, value, self.now(), Reason::Measured))
    }
}

impl History for Port {
    fn fetch(&self, excerpt: Excerpt) -> Fetched {
        let record = |number: u32| (!number.is_multiple_of(3)).then_some(Record { value: f64::from(number), good: true });
        Box::pin(async move { Some((excerpt.first..excerpt.first + excerpt.count).map(record).collect()) })
    }
}

fn meter(instance: u32) -> Meter {
    let load = |channel| Load { channel, name: format!("Feeder {channel}") };
    let quantities = Quantity::ALL.iter().copied().filter(|quantity| *quantity != Quantity::DigitalInput);
    Meter {
        id: DeviceId(Uuid::from_u128(instance.into())),
        instance,
        name: format!("Meter {instance}"),
        make: "Socomec".to_owned(),
        model: "Countis E34".to_owned(),
        serial: "0815".to_owned(),
        loads: (1..=4).map(load).collect(),
        points: quantities.map(|quantity| (1, quantity)).chain([(4, Quantity::DigitalInput)]).collect(),
        trends: [Quantity::ActivePowerTotal, Quantity::ActiveEnergyImport]
            .map(|quantity| Trend { channel: 1, quantity, period_s: 600 })
            .to_vec(),
    }
}

/// A server of so many meters behind this firewall.
pub(crate) async fn served(meters: u32, settings: Settings) -> (Running, Counters) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let clock = Arc::new(Ticking(Instant::now()));
    let guard = Guard::new(settings, Arc::<Ticking>::clone(&clock), |_| {});
    let gate = guard.gate("bacnet", Listener { transport: Transport::Udp, address });
    let site = Site {
        name: "Port".to_owned(),
        instance: 100,
        network: 4711,
        version: "1.2.3".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        meters: (101..101 + meters).map(meter).collect(),
    };
    let shown = Shown { model: Arc::new(Model::new(site)), takes_foreign: true, bbmd: None };
    let port = Arc::new(Port(Arc::clone(&clock)));
    let sources = Sources { facts: Arc::<Port>::clone(&port), history: port, clock };
    let counters = Counters::default();
    (serve(socket, gate, shown, sources, counters.clone()).unwrap(), counters)
}
