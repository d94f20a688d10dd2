//! A control room: a master that reads a gateway's Modbus TCP server as a SCADA does, each device in its own register map.

use haubert_modbus::tcp::{self, Mbap};
use haubert_modbus::{Request, Response, ResponseError, Table};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Patience with one answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Pause before the next try after the server was lost.
const AGAIN: Duration = Duration::from_secs(2);

/// What it reads.
#[derive(Debug, Clone, clap::Args)]
pub struct Screens {
    /// The server.
    #[arg(long)]
    pub server: SocketAddr,
    /// A screen: unit, first holding register, how many, as `7:50520:12`. Several can be given.
    #[arg(long = "read", value_parser = screen)]
    pub screens: Vec<Screen>,
    /// Milliseconds between two rounds.
    #[arg(long, default_value_t = 1_000)]
    pub period_ms: u64,
}

/// Registers of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    unit: u8,
    address: u16,
    count: u16,
}

fn screen(text: &str) -> Result<Screen, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [unit, address, count] = parts.as_slice() else { return Err("unit:register:count".to_owned()) };
    let number = |text: &str| text.parse::<u16>().map_err(|error| format!("{text}: {error}"));
    let unit = unit.parse().map_err(|error| format!("{unit}: {error}"))?;
    Ok(Screen { unit, address: number(address)?, count: number(count)? })
}

/// Reads round after round, for ever; comes again when the server was lost.
pub async fn watch(screens: &Screens) {
    loop {
        if let Err(error) = rounds(screens).await {
            tracing::warn!(%error, server = %screens.server, "the server was lost");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn rounds(screens: &Screens) -> io::Result<()> {
    let mut stream = TcpStream::connect(screens.server).await?;
    stream.set_nodelay(true)?;
    let mut beat = tokio::time::interval(Duration::from_millis(screens.period_ms.max(1)));
    let mut transaction = 0u16;
    loop {
        beat.tick().await;
        for screen in &screens.screens {
            transaction = transaction.wrapping_add(1);
            let request = Request::Read { table: Table::HoldingRegisters, address: screen.address, count: screen.count };
            let asked = ask(&mut stream, Mbap { transaction, unit: screen.unit }, &request);
            let answer = tokio::time::timeout(PATIENCE, asked).await.map_err(|_| io::ErrorKind::TimedOut)??;
            tracing::debug!(?screen, ?answer, "read");
        }
    }
}

/// The answer, or the refusal, of a server that keeps to the framing.
async fn ask(stream: &mut TcpStream, header: Mbap, request: &Request) -> io::Result<Result<Response, ResponseError>> {
    stream.write_all(&tcp::encode(header, &request.encode())).await?;
    let mut head = [0; tcp::HEADER];
    stream.read_exact(&mut head).await?;
    let [high, low, _, _, long, short, _] = head;
    let length = usize::from(u16::from_be_bytes([long, short]));
    if u16::from_be_bytes([high, low]) != header.transaction || !(2..=haubert_modbus::limits::PDU + 1).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut pdu = vec![0; length - 1];
    stream.read_exact(&mut pdu).await?;
    Ok(Response::decode(&pdu, request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_unit_register_and_count() {
        assert_eq!(screen("7:50520:12"), Ok(Screen { unit: 7, address: 50_520, count: 12 }));
        assert!(screen("7:50520").is_err() && screen("256:1:1").is_err() && screen("1:70000:1").is_err());
    }
}
