//! A Modbus server whose every answer a test can replace, and what a test needs around a bus.

use bytes::BytesMut;
use haubert_content::{Catalogue, ProfileId, ResolvedPoint, embedded, parse};
use haubert_fieldbus::{
    Bus, BusEvent, BusHandle, BusSettings, Commons, DeviceOptions, DeviceSettings, DeviceState, EventCode, Gates, Images, Line,
    Memory, Parity, Periods, Readout,
};
use haubert_modbus::rtu::Progress;
use haubert_modbus::tcp::Mbap;
use haubert_modbus::{ExceptionCode, Request, Response, Table, exception_pdu, rtu, tcp};
use haubert_model::{BusId, Clock, Decimal, DeviceId, Quantity, Reading, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_serial::{SerialPort, SerialStream};

/// Longest that any test waits for anything; never reached when all is well.
pub(crate) const BOUND: Duration = Duration::from_secs(40);

#[derive(Default, Clone)]
pub(crate) struct Unit {
    pub(crate) registers: HashMap<(Table, u16), u16>,
    pub(crate) objects: Vec<(u8, Vec<u8>)>,
    pub(crate) silent: bool,
    pub(crate) exception: Option<ExceptionCode>,
}

impl Unit {
    pub(crate) fn with(values: &[(u16, u16)]) -> Self {
        let mut unit = Self::default();
        unit.put(values);
        unit
    }

    pub(crate) fn put(&mut self, values: &[(u16, u16)]) {
        self.registers.extend(values.iter().map(|(address, word)| ((Table::HoldingRegisters, *address), *word)));
    }

    pub(crate) fn put_text(&mut self, address: u16, text: &str, words: u16) {
        let words = haubert_content::TextLayout::TwoPerWord.encode(text, words);
        self.put(&(address..).zip(words).collect::<Vec<_>>());
    }

    /// All registers of points, each with the value that `of` gives; gaps up to `fill` are filled with zeros.
    pub(crate) fn serve(&mut self, points: &[ResolvedPoint], fill: u16, of: impl Fn(&ResolvedPoint) -> Decimal) {
        let mut words: Vec<(Table, u16, u16)> = points
            .iter()
            .flat_map(|point| point.encode(of(point)).into_iter().map(|(at, word)| (point.table, at, word)))
            .collect();
        words.sort_unstable();
        for pair in words.windows(2) {
            if pair[0].0 == pair[1].0 && pair[1].1 - pair[0].1 <= fill {
                (pair[0].1..pair[1].1).for_each(|at| {
                    self.registers.entry((pair[0].0, at)).or_insert(0);
                });
            }
        }
        self.registers.extend(words.into_iter().map(|(table, at, word)| ((table, at), word)));
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        if let Some(code) = self.exception {
            return exception_pdu(request.function(), code);
        }
        match request {
            Request::Read { table, address, count } => {
                let words: Option<Vec<u16>> =
                    (0..*count).map(|offset| self.registers.get(&(*table, address.checked_add(offset)?)).copied()).collect();
                match words {
                    Some(words) if table.is_bits() => {
                        Response::Bits(words.iter().map(|word| *word != 0).collect()).encode(request)
                    }
                    Some(words) => Response::Registers(words).encode(request),
                    None => exception_pdu(request.function(), ExceptionCode::IllegalDataAddress),
                }
            }
            Request::ReadDeviceId { object, .. } if !self.objects.is_empty() => {
                let objects = self.objects.iter().filter(|(id, _)| id >= object).cloned().collect();
                Response::DeviceId { conformity: 1, more: false, next: 0, objects }.encode(request)
            }
            _ => exception_pdu(request.function(), ExceptionCode::IllegalFunction),
        }
    }
}

/// A request as the peer saw it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) connection: usize,
    pub(crate) transaction: u16,
    pub(crate) unit: u8,
    pub(crate) request: Request,
    /// The frame that a good device would send; empty when it would send none.
    pub(crate) right: Vec<u8>,
}

pub(crate) enum Reply {
    Right,
    Bytes(Vec<u8>),
    Close,
}

type Script = Box<dyn FnMut(&Seen) -> Reply + Send>;

#[derive(Default)]
pub(crate) struct World {
    pub(crate) units: BTreeMap<u8, Unit>,
    /// What is answered for units that are not there; silence by default.
    pub(crate) strangers: Option<ExceptionCode>,
    /// Any unit id reaches the unit 1.
    pub(crate) ignores_units: bool,
    pub(crate) log: Vec<Seen>,
    pub(crate) connections: usize,
    /// A request came before the one before it was answered or given up.
    pub(crate) pipelined: bool,
    script: Option<Script>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Framing {
    Tcp,
    Rtu,
}

pub(crate) struct Peer {
    pub(crate) port: u16,
    framing: Framing,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    pub(crate) fn script(&mut self, script: impl FnMut(&Seen) -> Reply + Send + 'static) {
        self.script = Some(Box::new(script));
    }

    pub(crate) fn behave(&mut self) {
        self.script = None;
    }
}

impl Peer {
    pub(crate) async fn start(framing: Framing) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), framing)
    }

    pub(crate) fn on(listener: TcpListener, framing: Framing) -> Self {
        let port = listener.local_addr().unwrap().port();
        let world = Arc::new(Mutex::new(World::default()));
        let shared = Arc::clone(&world);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let number = {
                    let mut world = shared.lock().unwrap();
                    world.connections += 1;
                    world.connections
                };
                connections.spawn(converse(socket, framing, number, Arc::clone(&shared)));
            }
        });
        Self { port, framing, world, task }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn unit(&self, id: u8, unit: Unit) -> &Self {
        self.world().units.insert(id, unit);
        self
    }

    pub(crate) fn script(&self, script: impl FnMut(&Seen) -> Reply + Send + 'static) {
        self.world().script(script);
    }

    pub(crate) fn behave(&self) {
        self.world().behave();
    }

    pub(crate) fn line(&self) -> Line {
        let host = "127.0.0.1".to_owned();
        match self.framing {
            Framing::Tcp => Line::Tcp { host, port: self.port },
            Framing::Rtu => Line::RtuOverTcp { host, port: self.port },
        }
    }

    pub(crate) fn asked(&self, unit: u8) -> usize {
        self.world().log.iter().filter(|seen| seen.unit == unit).count()
    }
}

/// Devices on the far side of a pseudo-terminal, which is a serial line to the bus.
pub(crate) struct Terminal {
    path: String,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
    /// The terminal must stay open on this side while the bus, which locks it, opens it.
    _kept: std::fs::File,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Terminal {
    pub(crate) fn open() -> Self {
        let (far, mut near) = SerialStream::pair().unwrap();
        near.set_exclusive(false).unwrap();
        let path = near.name().unwrap();
        let kept = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let world = Arc::new(Mutex::new(World::default()));
        let task = tokio::spawn(converse(far, Framing::Rtu, 1, Arc::clone(&world)));
        Self { path, world, task, _kept: kept }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn line(&self, baud: u32) -> Line {
        Line::Serial { path: self.path.clone(), baud, parity: Parity::Even, stop_bits: 1 }
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    framing: Framing,
    connection: usize,
    world: Arc<Mutex<World>>,
) {
    let mut buffer = BytesMut::new();
    loop {
        let Ok(1..) = stream.read_buf(&mut buffer).await else { return };
        let mut first = true;
        while let Some((transaction, unit, pdu)) = take(&mut buffer, framing) {
            let reply = {
                let mut world = world.lock().unwrap();
                world.pipelined |= !first || !buffer.is_empty();
                first = false;
                let request = Request::decode(&pdu).expect("the master sends good requests");
                let pdu = match (world.units.get(if world.ignores_units { &1 } else { &unit }), world.strangers) {
                    (Some(found), _) if found.silent => Vec::new(),
                    (Some(found), _) => found.answer(&request),
                    (None, Some(code)) => exception_pdu(request.function(), code),
                    (None, None) => Vec::new(),
                };
                let right = if pdu.is_empty() { pdu } else { frame(framing, transaction, unit, &pdu) };
                let seen = Seen { connection, transaction, unit, request, right };
                world.log.push(seen.clone());
                let reply = world.script.as_mut().map_or(Reply::Right, |script| script(&seen));
                match reply {
                    Reply::Right => Some(seen.right),
                    Reply::Bytes(bytes) => Some(bytes),
                    Reply::Close => None,
                }
            };
            let Some(bytes) = reply else { return };
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
}

fn take(buffer: &mut BytesMut, framing: Framing) -> Option<(u16, u8, Vec<u8>)> {
    match framing {
        Framing::Tcp => tcp::decode(buffer).unwrap().map(|(header, pdu)| (header.transaction, header.unit, pdu.to_vec())),
        Framing::Rtu => {
            let Progress::Frame { unit, pdu, len } = rtu::decode_request(buffer) else { return None };
            let taken = (0, unit, pdu.to_vec());
            let _ = buffer.split_to(len);
            Some(taken)
        }
    }
}

pub(crate) fn frame(framing: Framing, transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    match framing {
        Framing::Tcp => tcp::encode(Mbap { transaction, unit }, pdu),
        Framing::Rtu => rtu::encode(unit, pdu),
    }
}

/// A clock that starts at a fixed time and runs truly.
pub(crate) struct TestClock(Instant);

pub(crate) const START: Timestamp = Timestamp(1_795_000_000_000);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START.plus_ms(i64::try_from(self.monotonic_ms()).unwrap())
    }
    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock(Instant::now()))
}

pub(crate) const METER: &str = "test/meter";

/// Two voltages side by side and one far away (two requests), each register's right value being its own address.
const METER_TOML: &str = r#"
vendor = "Test"
model = "Meter"
family = ""
source = "this test"
verified = false
fluids = ["electricity"]
points = [
  { quantity = "voltage_l1", address = 1000, type = "u16", unit = "V" },
  { quantity = "voltage_l2", address = 1001, type = "u16", unit = "V" },
  { quantity = "voltage_l3", address = 2000, type = "u16", unit = "V" },
  { quantity = "voltage_l1_l2", address = 2001, type = "u16", unit = "V" },
]
[identify]
modbus = [{ vendor = "test", product = "meter" }]
"#;

pub(crate) fn catalogue() -> Arc<Catalogue> {
    catalogue_with(&[(METER, METER_TOML)])
}

pub(crate) fn catalogue_with(more: &[(&str, &str)]) -> Arc<Catalogue> {
    let mut catalogue = embedded().unwrap();
    for (name, text) in more {
        catalogue.insert(parse(&format!("{name}.toml"), text).unwrap());
    }
    Arc::new(catalogue)
}

/// A unit that serves the test meter.
pub(crate) fn meter() -> Unit {
    Unit::with(&[(1000, 1000), (1001, 1001), (2000, 2000), (2001, 2001)])
}

pub(crate) fn right_value(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::VoltageL1 => 1000.0,
        Quantity::VoltageL2 => 1001.0,
        Quantity::VoltageL3 => 2000.0,
        Quantity::VoltageL1L2 => 2001.0,
        other => panic!("{other} is not of the test meter"),
    }
}

pub(crate) fn device(unit: u8, profile: &str) -> DeviceSettings {
    DeviceSettings {
        id: DeviceId(uuid::Uuid::from_u128(u128::from(unit))),
        name: format!("meter {unit}"),
        unit,
        profile: ProfileId::new(profile),
        base: None,
        table_version: None,
        layout: Default::default(),
        channels: 0,
        enabled: true,
        options: DeviceOptions::default(),
    }
}

pub(crate) fn id(unit: u8) -> DeviceId {
    DeviceId(uuid::Uuid::from_u128(u128::from(unit)))
}

pub(crate) fn settings(line: Line, timeout_ms: u64, poll_ms: u64) -> BusSettings {
    BusSettings {
        id: BusId(uuid::Uuid::from_u128(99)),
        name: "bus".to_owned(),
        line,
        timeout: Duration::from_millis(timeout_ms),
        poll: Duration::from_millis(poll_ms),
        periods: Periods::default(),
    }
}

/// A running bus and what it tells.
pub(crate) struct Running {
    pub(crate) bus: BusHandle,
    pub(crate) events: mpsc::Receiver<BusEvent>,
}

impl Running {
    pub(crate) fn start(settings: BusSettings, devices: Vec<DeviceSettings>, catalogue: Arc<Catalogue>) -> Self {
        Self::start_among(settings, devices, catalogue, Gates::default(), Memory::default())
    }

    /// A bus that shares gates or a memory with others.
    pub(crate) fn start_among(
        settings: BusSettings,
        devices: Vec<DeviceSettings>,
        catalogue: Arc<Catalogue>,
        gates: Gates,
        memory: Memory,
    ) -> Self {
        let (events, received) = mpsc::channel(64);
        let commons = Commons { clock: clock(), gates, memory, images: Images::default(), events };
        Self { bus: Bus::spawn(settings, devices, catalogue, &commons), events: received }
    }

    pub(crate) async fn event(&mut self) -> BusEvent {
        tokio::time::timeout(BOUND, self.events.recv()).await.expect("an event in time").expect("the bus lives")
    }

    /// The readings of the next round of a device.
    pub(crate) async fn round(&mut self, unit: u8) -> Vec<Reading> {
        loop {
            if let BusEvent::Readout(readout) = self.event().await
                && readout.device == id(unit)
            {
                return readings(&readout);
            }
        }
    }

    /// The first round of a device that satisfies.
    pub(crate) async fn round_with(&mut self, unit: u8, satisfies: impl Fn(&[Reading]) -> bool) -> Vec<Reading> {
        loop {
            let readings = self.round(unit).await;
            if satisfies(&readings) {
                return readings;
            }
        }
    }

    pub(crate) async fn state(&mut self, unit: u8, wanted: DeviceState) {
        loop {
            if self.event().await == (BusEvent::DeviceState { device: id(unit), state: wanted }) {
                return;
            }
        }
    }

    pub(crate) async fn code(&mut self, wanted: EventCode) {
        loop {
            if let BusEvent::Event { code, .. } = self.event().await
                && code == wanted
            {
                return;
            }
        }
    }
}

pub(crate) fn value(reading: &Reading) -> Option<f64> {
    reading.value.map(Decimal::to_f64)
}

pub(crate) fn of(readings: &[Reading], quantity: Quantity) -> Reading {
    *readings.iter().find(|reading| reading.point.quantity == quantity).expect("a reading of this quantity")
}

/// What a device was read to have.
pub(crate) fn readings(readout: &Readout) -> Vec<Reading> {
    readout.readings().collect()
}

pub(crate) fn all_good(readings: &[Reading]) -> bool {
    !readings.is_empty() && readings.iter().all(|reading| reading.value.is_some())
}

/// Every reading of the test meter is right or missing: a wrong value is what must never be.
pub(crate) fn assert_never_wrong(readings: &[Reading]) {
    for reading in readings {
        if let Some(value) = value(reading) {
            assert_eq!(value, right_value(reading.point.quantity), "{reading:?}");
        }
    }
}
