//! A master of our own, for the test button: it comes by the network as any other, and tells what it met.

use haubert_modbus::tcp::{self, Mbap};
use haubert_modbus::{Request, Response, ResponseError, Table};
use haubert_trust::{Authorities, PeerTrust, TlsVersions, client_config};
use rustls::pki_types::ServerName;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Patience with each step.
const PATIENCE: Duration = Duration::from_secs(5);
/// Units that are asked one after the other.
const UNITS: usize = 8;
const LATE: &str = "no answer in time";

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To reach the listener.
    Connect,
    /// To come in by TLS without a certificate, in vain.
    Tls,
    /// To ask the gateway who it is.
    Identify,
    /// To read the registers of a unit, from this address on.
    Read {
        /// The unit.
        unit: u8,
        /// First register.
        address: u16,
    },
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What was tried.
    pub step: Step,
    /// What came back, or why nothing did.
    pub outcome: Result<String, String>,
}

/// Reaches the server at `address`, asks the gateway who it is, and reads one item of each place given: unit, table, address.
/// Ends with the first step that leads nowhere; what a device refuses is an answer.
pub async fn converse(address: SocketAddr, places: &[(u8, Table, u16)]) -> Vec<Told> {
    let mut told = Vec::new();
    let Some(mut stream) = connect(address, &mut told).await else { return told };
    let identify = (0xFF, Request::ReadDeviceId { level: 1, object: 0 }, Step::Identify);
    let reads = places.iter().take(UNITS).map(|(unit, table, address)| {
        (*unit, Request::Read { table: *table, address: *address, count: 1 }, Step::Read { unit: *unit, address: *address })
    });
    for (transaction, (unit, request, step)) in (1u16..).zip(std::iter::once(identify).chain(reads)) {
        let answered = timeout(PATIENCE, ask(&mut stream, Mbap { transaction, unit }, &request)).await;
        match answered {
            Ok(Ok(answer)) => told.push(Told { step, outcome: answer }),
            Ok(Err(error)) => {
                told.push(Told { step, outcome: Err(error.to_string()) });
                break;
            }
            Err(_) => {
                told.push(Told { step, outcome: Err(LATE.to_owned()) });
                break;
            }
        }
    }
    told
}

/// Reaches the secured server at `address`, which shows a certificate of `chain`, and shows none itself: it must be refused.
pub async fn knock(address: SocketAddr, chain: Authorities) -> Vec<Told> {
    let mut told = Vec::new();
    let Some(stream) = connect(address, &mut told).await else { return told };
    let outcome = timeout(PATIENCE, refused(stream, chain)).await.unwrap_or_else(|_| Err(LATE.to_owned()));
    told.push(Told { step: Step::Tls, outcome });
    told
}

async fn refused(stream: TcpStream, chain: Authorities) -> Result<String, String> {
    let config =
        client_config(&PeerTrust::Authorities(chain), None, TlsVersions::Tls12AndLater).map_err(|error| error.to_string())?;
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    let spoken = |error: io::Error| match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(_)) => Ok("TLS; certificate required".to_owned()),
        // It shows a certificate whose names or chain this side cannot judge: that it speaks TLS is what was asked.
        Some(rustls::Error::InvalidCertificate(_)) => Ok("TLS".to_owned()),
        _ => Err(error.to_string()),
    };
    let mut stream = match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(stream) => stream,
        Err(error) => return spoken(error),
    };
    // By TLS 1.3 the refusal comes after the handshake.
    match stream.read(&mut [0]).await {
        Ok(_) => Err("it lets in who shows no certificate".to_owned()),
        Err(error) => spoken(error),
    }
}

async fn connect(address: SocketAddr, told: &mut Vec<Told>) -> Option<TcpStream> {
    let address = reachable(address);
    let outcome = match timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err(LATE.to_owned()),
    };
    let (stream, outcome) = match outcome {
        Ok(stream) => (Some(stream), Ok(address.to_string())),
        Err(why) => (None, Err(why)),
    };
    told.push(Told { step: Step::Connect, outcome });
    stream
}

/// A listener on every address is reached on the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

/// The answer in words, or the refusal of who was asked.
async fn ask(stream: &mut TcpStream, header: Mbap, request: &Request) -> io::Result<Result<String, String>> {
    stream.write_all(&tcp::encode(header, &request.encode())).await?;
    let mut head = [0; tcp::HEADER];
    stream.read_exact(&mut head).await?;
    let [_, _, _, _, high, low, _] = head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let mut pdu = vec![0; length.saturating_sub(1).min(haubert_modbus::limits::PDU)];
    stream.read_exact(&mut pdu).await?;
    Ok(match Response::decode(&pdu, request) {
        Ok(Response::Registers(words)) => Ok(words.iter().map(|word| format!("0x{word:04X}")).collect::<Vec<_>>().join(" ")),
        Ok(Response::Bits(bits)) => Ok(bits.iter().map(|bit| if *bit { "1" } else { "0" }).collect::<Vec<_>>().join(" ")),
        Ok(Response::DeviceId { objects, .. }) => {
            Ok(objects.iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>().join(" · "))
        }
        Ok(Response::Written | Response::Diagnostics { .. }) => Ok(String::new()),
        Err(ResponseError::Exception(code)) => Err(code.to_string()),
        Err(ResponseError::Malformed(fault)) => Err(fault.to_string()),
    })
}
