//! A small master of our own, and readings decoded with the profiles that the gateway uses.

use bytes::BytesMut;
use haubert_content::{ProfileId, ResolvedPoint, embedded};
use haubert_modbus::tcp::{self, Mbap};
use haubert_modbus::{Request, Response, ResponseError, Table};
use haubert_model::{Decimal, Quantity, Reason};
use haubert_plant::{Plant, PlantOptions, Scene};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far longer than any answer takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A plant whose clock stands still until it is advanced.
pub(crate) const FROZEN: &str = "speed = 1e-9\nseed = 5\n";

pub(crate) async fn start(text: &str) -> Plant {
    let scene = Scene::parse("test", text, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    Plant::start(scene, PlantOptions { control: true, ..PlantOptions::default() }).await.unwrap()
}

pub(crate) fn one_device(profile: &str, more: &str) -> String {
    format!(
        "{FROZEN}[[bus]]\nname = \"b\"\nkind = \"tcp\"\n[[bus.device]]\nunit = 1\nname = \"d\"\nprofile = \"{profile}\"\n{more}\n"
    )
}

pub(crate) struct Master {
    stream: TcpStream,
    buffer: BytesMut,
    transaction: u16,
}

impl Master {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), buffer: BytesMut::new(), transaction: 0 }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next frame; `None` when the server closed the connection.
    pub(crate) async fn frame(&mut self) -> Option<(Mbap, Vec<u8>)> {
        loop {
            if let Some((header, pdu)) = tcp::decode(&mut self.buffer).unwrap() {
                return Some((header, pdu.to_vec()));
            }
            if timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.expect("an answer").ok()? == 0 {
                return None;
            }
        }
    }

    /// Bytes as they come, until `count` of them or the end.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            if timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.expect("bytes").unwrap() == 0 {
                break;
            }
        }
        let count = count.min(self.buffer.len());
        self.buffer.split_to(count).to_vec()
    }

    pub(crate) async fn raw(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        self.transaction += 1;
        let transaction = self.transaction;
        self.send(&tcp::encode(Mbap { transaction, unit }, pdu)).await;
        let (header, answer) = self.frame().await.expect("an open connection");
        assert_eq!(header, Mbap { transaction, unit });
        answer
    }

    pub(crate) async fn ask(&mut self, unit: u8, request: &Request) -> Result<Response, ResponseError> {
        Response::decode(&self.raw(unit, &request.encode()).await, request)
    }

    pub(crate) async fn read(&mut self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, ResponseError> {
        match self.ask(unit, &Request::Read { table, address, count }).await? {
            Response::Registers(words) => Ok(words),
            other => panic!("{other:?}"),
        }
    }

    /// All points of a device, span by span, decoded with its profile.
    pub(crate) async fn readings(&mut self, unit: u8, profile: &str) -> Readings {
        let catalogue = embedded().unwrap();
        let profile = catalogue.get(&ProfileId::new(profile)).expect(profile);
        let base = if profile.identify.sunspec.is_empty() { 0 } else { 40_070 };
        let points: Vec<ResolvedPoint> =
            profile.points_for(None, 0).into_iter().map(|point| point.rebased(base).unwrap()).collect();
        let mut words: BTreeMap<u16, u16> = BTreeMap::new();
        let mut values = BTreeMap::new();
        for point in &points {
            for (start, count) in point.spans() {
                if !words.contains_key(&start) {
                    let read = self.read(unit, point.table, start, count).await.unwrap();
                    words.extend((start..).zip(read));
                }
            }
            let decoded = point.decode(&|address| words.get(&address).copied());
            values.insert((point.channel, point.quantity), decoded);
        }
        Readings { words, values }
    }
}

pub(crate) struct Readings {
    pub(crate) words: BTreeMap<u16, u16>,
    pub(crate) values: BTreeMap<(u8, Quantity), Result<(Decimal, Reason), Reason>>,
}

impl Readings {
    pub(crate) fn get(&self, quantity: Quantity) -> f64 {
        self.of(1, quantity)
    }

    pub(crate) fn of(&self, channel: u8, quantity: Quantity) -> f64 {
        match self.values.get(&(channel, quantity)) {
            Some(Ok((value, _))) => value.to_f64(),
            other => panic!("{quantity} of {channel}: {other:?}"),
        }
    }
}
