//! A small plant whose answers are known.

use haubert_modbus::{ExceptionCode, Request, Response, Table};
use haubert_modbus_server::{Answer, Outcome, Peer, Plant};

/// A unit whose answers come from elsewhere.
pub(crate) const LATER_UNIT: u8 = 2;
/// A unit that never answers.
pub(crate) const SILENT_UNIT: u8 = 3;
/// A unit that is named after the role of who asks.
pub(crate) const MIRROR_UNIT: u8 = 4;
/// First address that there is not.
const END: u16 = 0x1000;

/// Each register holds its address, each even bit is on, and all that is written is forgotten.
pub(crate) struct Numbers;

fn within(address: u16, count: usize) -> Result<std::ops::Range<u16>, ExceptionCode> {
    let end = u16::try_from(usize::from(address) + count).ok().filter(|end| *end <= END);
    end.map(|end| address..end).ok_or(ExceptionCode::IllegalDataAddress)
}

fn numbers(request: &Request) -> Outcome {
    match request {
        Request::Read { table, address, count } => {
            let addresses = within(*address, usize::from(*count))?;
            Ok(match table {
                Table::Coils | Table::DiscreteInputs => Response::Bits(addresses.map(|at| at % 2 == 0).collect()),
                Table::HoldingRegisters | Table::InputRegisters => Response::Registers(addresses.collect()),
            })
        }
        Request::ReadDeviceId { .. } => {
            let objects = [b"Haubert".to_vec(), b"Port".to_vec(), b"1.0".to_vec()];
            Ok(Response::DeviceId { conformity: 1, more: false, next: 0, objects: (0..).zip(objects).collect() })
        }
        Request::WriteCoil { address, .. } | Request::WriteRegister { address, .. } => {
            within(*address, 1).map(|_| Response::Written)
        }
        Request::WriteCoils { address, values } => within(*address, values.len()).map(|_| Response::Written),
        Request::WriteRegisters { address, values } => within(*address, values.len()).map(|_| Response::Written),
        Request::ReadWrite { read_address, read_count, write_address, values } => {
            within(*write_address, values.len())?;
            within(*read_address, usize::from(*read_count)).map(|addresses| Response::Registers(addresses.collect()))
        }
        _ => Err(ExceptionCode::IllegalFunction),
    }
}

fn answer(peer: &Peer, unit: u8, request: &Request) -> Outcome {
    match (unit, request) {
        (1 | LATER_UNIT, _) => numbers(request),
        (SILENT_UNIT, _) => Err(ExceptionCode::GatewayTargetFailed),
        (MIRROR_UNIT, Request::ReadDeviceId { .. }) => {
            let role = peer.role.clone().unwrap_or_else(|| "nobody".to_owned());
            Ok(Response::DeviceId { conformity: 1, more: false, next: 0, objects: vec![(0, role.into_bytes())] })
        }
        _ => Err(ExceptionCode::GatewayPathUnavailable),
    }
}

impl Plant for Numbers {
    fn answer<'a>(&'a self, peer: &'a Peer, unit: u8, request: &'a Request) -> Answer<'a> {
        if unit != LATER_UNIT {
            return Answer::Now(answer(peer, unit, request));
        }
        Answer::Later(Box::pin(async move {
            tokio::task::yield_now().await;
            answer(peer, unit, request)
        }))
    }

    fn takes(&self, function: u8) -> bool {
        matches!(function, 1..=6 | 8 | 15 | 16 | 23 | 43)
    }
}

/// The same, which nobody may write.
pub(crate) struct ReadOnly;

impl Plant for ReadOnly {
    fn answer<'a>(&'a self, peer: &'a Peer, unit: u8, request: &'a Request) -> Answer<'a> {
        Answer::Now(answer(peer, unit, request))
    }
}
