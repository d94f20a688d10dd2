//! A client of our own, for the test button: it comes by the network as any other, and tells what it met.

use crate::wire::apdu;
use crate::wire::bvlc::{self, Link};
use crate::wire::code::{ObjectId, ObjectType, Refused, confirmed, property, unconfirmed};
use crate::wire::npdu::{self, Content, Npdu, Place, message};
use crate::wire::tag::{Reader, Writer};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Patience with each step.
const PATIENCE: Duration = Duration::from_secs(5);
/// Datagrams that are no answer to what was asked, and are passed over.
const OTHERS: usize = 1_000;

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probed {
    /// To find the gateway by Who-Is.
    Find,
    /// To ask which network it is the router to.
    Route,
    /// To find a meter on that network.
    Meter,
    /// To read a value of that meter.
    Read,
    /// To write it, which must be refused.
    Write,
}

/// Why a step leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No answer.
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    NoAnswer,
    /// The network.
    #[error("{0}")]
    Unreachable(#[from] io::Error),
    /// It was refused.
    #[error("refused: error class {0}, code {1}")]
    Refused(u32, u32),
    /// It was not refused, and should have been.
    #[error("it was let in")]
    LetIn,
    /// The answer is none.
    #[error("an answer that is none")]
    Unexpected,
}

/// Goes to the station at `address`, and ends with the first step that leads nowhere. Of meters nothing is asked when there are none.
pub async fn probe(address: SocketAddr, has_meters: bool) -> Vec<(Probed, Result<String, ProbeError>)> {
    let mut steps = Vec::new();
    // What fails is noted among the steps.
    let _ = try_all(reachable(address), has_meters, &mut steps).await;
    steps
}

/// A listener on every address is reached on the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()) } else { address }
}

async fn try_all(address: SocketAddr, has_meters: bool, steps: &mut Vec<(Probed, Result<String, ProbeError>)>) -> Option<()> {
    let mut note = |tried, outcome: Result<String, ProbeError>| {
        let went_well = outcome.is_ok();
        steps.push((tried, outcome));
        went_well.then_some(())
    };
    let asker = match Asker::new(address).await {
        Ok(asker) => asker,
        Err(error) => return note(Probed::Find, Err(error.into())),
    };
    let gateway = asker.who_is(None).await;
    note(Probed::Find, gateway.map(|(instance, _)| format!("I-Am {instance}")))?;
    let network = asker.router().await;
    let found = network.as_ref().ok().copied();
    note(Probed::Route, network.map(|network| format!("I-Am-Router-To-Network {network}")))?;
    if !has_meters {
        return Some(());
    }
    let meter = asker.who_is(found.map(Place::all)).await;
    let place = meter.as_ref().ok().copied();
    note(Probed::Meter, meter.map(|(instance, _)| format!("I-Am {instance}")))?;
    let (instance, Some(place)) = place? else { return None };
    let read = asker.first_value(instance, place).await;
    let object = read.as_ref().ok().map(|(object, _)| *object);
    note(Probed::Read, read.map(|(_, words)| words))?;
    note(Probed::Write, asker.write(object?, place).await)
}

struct Asker {
    socket: UdpSocket,
}

/// What an answer carries: from where, and what.
struct Came<'a> {
    from: Option<Place>,
    content: Content<'a>,
}

impl Asker {
    async fn new(address: SocketAddr) -> io::Result<Self> {
        let here = if address.ip().is_loopback() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { Ipv4Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((here, 0)).await?;
        socket.connect(address).await?;
        Ok(Self { socket })
    }

    /// Sends, and gives the first answer that `wanted` takes.
    async fn ask<T>(
        &self,
        to: Option<Place>,
        content: Content<'_>,
        mut wanted: impl FnMut(Came<'_>) -> Option<T>,
    ) -> Result<T, ProbeError> {
        self.socket.send(&bvlc::unicast(&npdu::encode(to, None, true, content))).await?;
        let mut buffer = vec![0; 2048];
        let heard = async {
            for _ in 0..OTHERS {
                let bytes = self.socket.recv(&mut buffer).await?;
                let Some(Link::Unicast(npdu)) = bvlc::decode(buffer.get(..bytes).unwrap_or_default()) else { continue };
                let Some(Npdu { from, content, .. }) = npdu::decode(npdu) else { continue };
                if let Some(found) = wanted(Came { from, content }) {
                    return Ok(found);
                }
            }
            Err(ProbeError::NoAnswer)
        };
        timeout(PATIENCE, heard).await.unwrap_or(Err(ProbeError::NoAnswer))
    }

    /// Who is there: the first that answers, and where on another network.
    async fn who_is(&self, to: Option<Place>) -> Result<(u32, Option<Place>), ProbeError> {
        let request = apdu::unconfirmed(unconfirmed::WHO_IS, &[]);
        self.ask(to, Content::Application(&request), |came| {
            let Content::Application([0x10, unconfirmed::I_AM, data @ ..]) = came.content else { return None };
            let device = Reader::new(data).object().ok().filter(|id| id.kind == ObjectType::DEVICE)?;
            Some((device.instance, came.from))
        })
        .await
    }

    async fn router(&self) -> Result<u16, ProbeError> {
        self.ask(None, Content::Router(message::WHO_IS_ROUTER, &[]), |came| match came.content {
            Content::Router(message::I_AM_ROUTER, [high, low, ..]) => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        })
        .await
    }

    /// The content of the answer to a request that wants one.
    async fn request(&self, to: Place, service: u8, data: &[u8]) -> Result<Vec<u8>, ProbeError> {
        let request = apdu::confirmed(service, service, data);
        let answer = self.ask(Some(to), Content::Application(&request), |came| {
            let Content::Application(apdu) = came.content else { return None };
            match apdu {
                [0x30, invoke, _, data @ ..] if *invoke == service => Some(Ok(data.to_vec())),
                [0x20, invoke, ..] if *invoke == service => Some(Ok(Vec::new())),
                [0x50, invoke, _, data @ ..] if *invoke == service => {
                    let mut reader = Reader::new(data);
                    let pair = reader.enumerated().and_then(|class| Ok((class, reader.enumerated()?)));
                    Some(Err(pair.map_or(ProbeError::Unexpected, |(class, code)| ProbeError::Refused(class, code))))
                }
                [0x60 | 0x71, invoke, ..] if *invoke == service => Some(Err(ProbeError::Unexpected)),
                _ => None,
            }
        });
        answer.await?
    }

    async fn read(&self, to: Place, object: ObjectId, property: u32, index: Option<u32>) -> Result<Vec<u8>, ProbeError> {
        let mut data = Writer::default();
        data.context_object(0, object).context_unsigned(1, property.into());
        if let Some(index) = index {
            data.context_unsigned(2, index.into());
        }
        self.request(to, confirmed::READ_PROPERTY, &data.done()).await
    }

    /// The first object that a meter lists beside itself, its name and its value.
    async fn first_value(&self, instance: u32, meter: Place) -> Result<(ObjectId, String), ProbeError> {
        let device = self.read(meter, ObjectId::device(instance), property::OBJECT_NAME, None).await?;
        let device = value(&device, |reader| Ok(reader.text()?.to_owned()))?;
        let object = self.read(meter, ObjectId::device(instance), property::OBJECT_LIST, Some(1)).await?;
        let object = value(&object, Reader::object)?;
        let name = self.read(meter, object, property::OBJECT_NAME, None).await?;
        let name = value(&name, |reader| Ok(reader.text()?.to_owned()))?;
        if object.kind != ObjectType::ANALOG_INPUT {
            return Ok((object, format!("{device} · {name}")));
        }
        let present = self.read(meter, object, property::PRESENT_VALUE, None).await?;
        let present = value(&present, Reader::real)?;
        Ok((object, format!("{device} · {name} · {present}")))
    }

    /// A refusal is what is wanted.
    async fn write(&self, object: ObjectId, meter: Place) -> Result<String, ProbeError> {
        let mut data = Writer::default();
        data.context_object(0, object).context_unsigned(1, property::PRESENT_VALUE.into()).open(3).real(0.0).close(3);
        let denied = Refused::WRITE_ACCESS_DENIED;
        match self.request(meter, confirmed::WRITE_PROPERTY, &data.done()).await {
            Err(ProbeError::Refused(class, code)) if (class, code) == (denied.class, denied.code) => {
                Ok("write-access-denied".to_owned())
            }
            Err(error) => Err(error),
            Ok(_) => Err(ProbeError::LetIn),
        }
    }
}

/// The value in an answer to ReadProperty.
fn value<'a, T>(
    data: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, crate::wire::code::Reject>,
) -> Result<T, ProbeError> {
    let mut reader = Reader::new(data);
    let found = reader.context_object(0).and_then(|_| {
        reader.context_unsigned(1)?;
        reader.context_unsigned_if(2)?;
        reader.open(3)?;
        read(&mut reader)
    });
    found.map_err(|_| ProbeError::Unexpected)
}
