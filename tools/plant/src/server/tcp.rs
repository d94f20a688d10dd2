//! Modbus TCP and RTU over TCP: bounded connections, bounded frames, answers in the order of requests.

use crate::answer::{Bus, Damage};
use crate::scene::BusKind;
use crate::server::frame::{Framer, rtu_answer, spoil};
use bytes::BytesMut;
use haubert_modbus::tcp::{self, Mbap};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const MAX_CONNECTIONS: usize = 64;
const IDLE: Duration = Duration::from_secs(300);
const WRITE: Duration = Duration::from_secs(10);
/// In a TCP stream there is no silence of 3.5 characters; a pause of this length ends a frame.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves a bus until the task is aborted; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, bus: Arc<Bus>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let wire = Arc::new(Mutex::new(()));
    let mut connections = JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors or a connection already gone: neither is a reason to stop serving.
                tracing::warn!(bus = bus.name, %error, "accept");
                sleep(PAUSE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            tracing::warn!(bus = bus.name, "refused: {MAX_CONNECTIONS} connections");
            continue;
        };
        let (bus, wire) = (Arc::clone(&bus), Arc::clone(&wire));
        connections.spawn(async move {
            let _slot = slot;
            let name = bus.name.clone();
            let served = match bus.kind {
                BusKind::RtuOverTcp => serve_rtu(stream, &bus, &wire).await,
                BusKind::Tcp | BusKind::Serial => serve_tcp(stream, &bus, &wire).await,
            };
            if let Err(error) = served {
                tracing::debug!(bus = name, %error, "connection");
            }
        });
    }
}

async fn serve_tcp(mut stream: TcpStream, bus: &Bus, wire: &Mutex<()>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(1024);
    loop {
        while let Some((header, pdu)) = tcp::decode(&mut buffer).map_err(std::io::Error::other)? {
            let _busy = bus.begin();
            let Some(answer) = bus.answer(header.unit, &pdu) else { continue };
            on_the_line(bus, wire, pdu.len() + 3, answer.pdu.len() + 3, answer.delay).await;
            let transaction = match answer.damage {
                Some(Damage::WrongTransaction) => header.transaction.wrapping_add(0x1111),
                _ => header.transaction,
            };
            let mut frame = tcp::encode(Mbap { transaction, unit: header.unit }, &answer.pdu);
            spoil(&mut frame, answer.damage);
            timeout(WRITE, stream.write_all(&frame)).await??;
        }
        if timeout(IDLE, stream.read_buf(&mut buffer)).await?? == 0 {
            return Ok(());
        }
    }
}

async fn serve_rtu(mut stream: TcpStream, bus: &Bus, wire: &Mutex<()>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut framer = Framer::default();
    let mut bytes = [0u8; 512];
    loop {
        let wait = if framer.is_empty() { IDLE } else { PAUSE };
        let frame = match timeout(wait, stream.read(&mut bytes)).await {
            Ok(count) => {
                let count = count?;
                if count == 0 {
                    return Ok(());
                }
                framer.push(bytes.get(..count).unwrap_or_default());
                framer.next_frame()
            }
            Err(_) if framer.is_empty() => return Ok(()),
            Err(_) => {
                let frame = framer.silence();
                if frame.is_none() {
                    bus.ignore();
                }
                frame
            }
        };
        let mut next = frame;
        while let Some(frame) = next {
            let _busy = bus.begin();
            if let Some(answer) = bus.answer(frame.unit, &frame.pdu) {
                let bytes = rtu_answer(frame.unit, &answer.pdu, answer.damage);
                on_the_line(bus, wire, frame.length, bytes.len(), answer.delay).await;
                timeout(WRITE, stream.write_all(&bytes)).await??;
            }
            next = framer.next_frame();
        }
    }
}

/// The time that request and answer take: thinking, and the serial line behind a gateway or converter if there is one. Such a
/// line carries one exchange at a time.
async fn on_the_line(bus: &Bus, wire: &Mutex<()>, request: usize, answer: usize, delay: Duration) {
    let Some(line) = bus.line else {
        let wait = bus.think + delay;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        return;
    };
    let _held = wire.lock().await;
    sleep(line.wire_time(request) + bus.think.max(line.t35()) + delay + line.wire_time(answer) + line.t35()).await;
}
