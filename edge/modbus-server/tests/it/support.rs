//! A server over a small plant, and a master that speaks bytes.

use haubert_guard::{Guard, Listener, Settings, Transport};
use haubert_modbus::{ExceptionCode, Request, Response, Table};
use haubert_modbus_server::{Answer, Counters, Patience, Peer, Plant, Running, serve};
use haubert_model::{Clock, Timestamp};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A unit whose answers come from elsewhere.
pub(crate) const LATER_UNIT: u8 = 2;
/// A unit that never answers.
pub(crate) const SILENT_UNIT: u8 = 3;
/// First address that there is not.
const END: u16 = 0x1000;

struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(1_767_225_600_000)
    }
    fn monotonic_ms(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

/// Each register holds its address, each even bit is on.
struct Numbers;

fn answer(unit: u8, request: &Request) -> Result<Response, ExceptionCode> {
    match (unit, request) {
        (1 | LATER_UNIT, Request::Read { table, address, count }) => {
            let addresses =
                *address..address.checked_add(*count).filter(|end| *end <= END).ok_or(ExceptionCode::IllegalDataAddress)?;
            Ok(match table {
                Table::Coils | Table::DiscreteInputs => Response::Bits(addresses.map(|at| at % 2 == 0).collect()),
                Table::HoldingRegisters | Table::InputRegisters => Response::Registers(addresses.collect()),
            })
        }
        (1, Request::ReadDeviceId { .. }) => {
            Ok(Response::DeviceId { conformity: 1, more: false, next: 0, objects: vec![(0, b"Port".to_vec())] })
        }
        (1 | LATER_UNIT, _) => Err(ExceptionCode::IllegalFunction),
        (SILENT_UNIT, _) => Err(ExceptionCode::GatewayTargetFailed),
        _ => Err(ExceptionCode::GatewayPathUnavailable),
    }
}

impl Plant for Numbers {
    fn answer<'a>(&'a self, _peer: &'a Peer, unit: u8, request: &'a Request) -> Answer<'a> {
        let outcome = answer(unit, request);
        if unit != LATER_UNIT {
            return Answer::Now(outcome);
        }
        Answer::Later(Box::pin(async move {
            tokio::task::yield_now().await;
            outcome
        }))
    }
}

pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) counters: Counters,
}

impl Server {
    pub(crate) async fn start(settings: Settings, patience: Patience) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Ticking(Instant::now()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard::new(settings, Arc::clone(&clock), |_| {});
        let gate = guard.gate("modbus", Listener { transport: Transport::Tcp, address });
        let counters = Counters::default();
        let running = serve(listener, gate, Arc::new(Numbers), patience, counters.clone(), clock).unwrap();
        Self { running, counters }
    }
}

/// One connection.
pub(crate) struct Master {
    stream: TcpStream,
    next: u16,
}

impl Master {
    pub(crate) async fn connect(server: &Server) -> Self {
        Self { stream: TcpStream::connect(server.running.address).await.unwrap(), next: 1 }
    }

    /// Who has been left by the server notices when it reads.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _left = self.stream.write_all(bytes).await;
    }

    /// The next answer's number and PDU; `None` when the connection is over.
    pub(crate) async fn answer(&mut self) -> Option<(u16, Vec<u8>)> {
        let mut header = [0; 7];
        self.stream.read_exact(&mut header).await.ok()?;
        let mut pdu = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]])) - 1];
        self.stream.read_exact(&mut pdu).await.ok()?;
        Some((u16::from_be_bytes([header[0], header[1]]), pdu))
    }

    pub(crate) async fn ask(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        self.next += 1;
        self.send(&frame(self.next, unit, pdu)).await;
        let (number, answer) = self.answer().await.unwrap();
        assert_eq!(number, self.next);
        answer
    }
}

pub(crate) fn frame(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = (pdu.len() + 1) as u16;
    [&transaction.to_be_bytes()[..], &[0, 0], &length.to_be_bytes(), &[unit], pdu].concat()
}

pub(crate) fn read(function: u8, address: u16, count: u16) -> Vec<u8> {
    [&[function][..], &address.to_be_bytes(), &count.to_be_bytes()].concat()
}
