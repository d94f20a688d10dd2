//! The codec against the specification's own examples and against arbitrary bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use bytes::BytesMut;
use haubert_modbus::tcp::{FrameError, Mbap};
use haubert_modbus::{ExceptionCode, Malformed, Request, Response, ResponseError, Table, exception_pdu, limits, rtu, tcp};
use proptest::collection::vec;
use proptest::prelude::*;
use rtu::Progress;

fn read(table: Table, address: u16, count: u16) -> Request {
    Request::Read { table, address, count }
}

/// Request and response of each function, byte for byte as printed in the application protocol V1.1b3.
fn vectors() -> Vec<(Request, &'static [u8], Response, &'static [u8])> {
    let bits = |text: &str| Response::Bits(text.bytes().map(|c| c == b'1').collect());
    vec![
        (
            read(Table::Coils, 0x13, 0x13),
            &[0x01, 0x00, 0x13, 0x00, 0x13],
            bits("1011001111010110101"),
            &[0x01, 0x03, 0xCD, 0x6B, 0x05],
        ),
        (
            read(Table::DiscreteInputs, 0xC4, 0x16),
            &[0x02, 0x00, 0xC4, 0x00, 0x16],
            bits("0011010111011011101011"),
            &[0x02, 0x03, 0xAC, 0xDB, 0x35],
        ),
        (
            read(Table::HoldingRegisters, 0x6B, 3),
            &[0x03, 0x00, 0x6B, 0x00, 0x03],
            Response::Registers(vec![0x022B, 0x0000, 0x0064]),
            &[0x03, 0x06, 0x02, 0x2B, 0x00, 0x00, 0x00, 0x64],
        ),
        (
            read(Table::InputRegisters, 8, 1),
            &[0x04, 0x00, 0x08, 0x00, 0x01],
            Response::Registers(vec![10]),
            &[0x04, 0x02, 0x00, 0x0A],
        ),
        (
            Request::WriteCoil { address: 0xAC, value: true },
            &[0x05, 0x00, 0xAC, 0xFF, 0x00],
            Response::Written,
            &[0x05, 0x00, 0xAC, 0xFF, 0x00],
        ),
        (
            Request::WriteRegister { address: 1, value: 3 },
            &[0x06, 0x00, 0x01, 0x00, 0x03],
            Response::Written,
            &[0x06, 0x00, 0x01, 0x00, 0x03],
        ),
        (
            Request::Diagnostics { sub_function: 0, data: 0xA537 },
            &[0x08, 0x00, 0x00, 0xA5, 0x37],
            Response::Diagnostics { data: 0xA537 },
            &[0x08, 0x00, 0x00, 0xA5, 0x37],
        ),
        (
            Request::WriteCoils { address: 0x13, values: "1011001110".bytes().map(|c| c == b'1').collect() },
            &[0x0F, 0x00, 0x13, 0x00, 0x0A, 0x02, 0xCD, 0x01],
            Response::Written,
            &[0x0F, 0x00, 0x13, 0x00, 0x0A],
        ),
        (
            Request::WriteRegisters { address: 1, values: vec![0x000A, 0x0102] },
            &[0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0A, 0x01, 0x02],
            Response::Written,
            &[0x10, 0x00, 0x01, 0x00, 0x02],
        ),
        (
            Request::MaskWrite { address: 4, and_mask: 0xF2, or_mask: 0x25 },
            &[0x16, 0x00, 0x04, 0x00, 0xF2, 0x00, 0x25],
            Response::Written,
            &[0x16, 0x00, 0x04, 0x00, 0xF2, 0x00, 0x25],
        ),
        (
            Request::ReadWrite { read_address: 3, read_count: 6, write_address: 0x0E, values: vec![0xFF; 3] },
            &[0x17, 0x00, 0x03, 0x00, 0x06, 0x00, 0x0E, 0x00, 0x03, 0x06, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF],
            Response::Registers(vec![0x00FE, 0x0ACD, 0x0001, 0x0003, 0x000D, 0x00FF]),
            &[0x17, 0x0C, 0x00, 0xFE, 0x0A, 0xCD, 0x00, 0x01, 0x00, 0x03, 0x00, 0x0D, 0x00, 0xFF],
        ),
        (
            Request::ReadDeviceId { level: 1, object: 0 },
            &[0x2B, 0x0E, 0x01, 0x00],
            Response::DeviceId {
                conformity: 1,
                more: false,
                next: 0,
                objects: vec![(0, b"Hau".to_vec()), (1, b"bert".to_vec())],
            },
            &[0x2B, 0x0E, 0x01, 0x01, 0x00, 0x00, 0x02, 0x00, 0x03, b'H', b'a', b'u', 0x01, 0x04, b'b', b'e', b'r', b't'],
        ),
    ]
}

#[test]
fn specification_examples_both_ways() {
    for (request, request_pdu, response, response_pdu) in vectors() {
        assert_eq!(request.encode(), request_pdu);
        assert_eq!(Request::decode(request_pdu).as_ref(), Ok(&request));
        assert_eq!(response.encode(&request), response_pdu);
        assert_eq!(Response::decode(response_pdu, &request), Ok(response));
        let refusal = exception_pdu(request.function(), ExceptionCode::IllegalDataAddress);
        assert_eq!(Response::decode(&refusal, &request), Err(ResponseError::Exception(ExceptionCode::IllegalDataAddress)));
    }
}

/// The probes of the conformance table: what each must be refused with.
#[test]
fn bad_requests_get_the_exception_of_the_specification() {
    use ExceptionCode::{IllegalDataAddress, IllegalDataValue, IllegalFunction};
    let full = |head: &[u8], count: usize| [head, &vec![0; count]].concat();
    let probes: Vec<(Vec<u8>, ExceptionCode)> = vec![
        (vec![3, 0, 0, 0, 0], IllegalDataValue),
        (vec![3, 0, 0, 0, 126], IllegalDataValue),
        (vec![1, 0, 0, 0x07, 0xD1], IllegalDataValue),
        (vec![2, 0, 0, 0x07, 0xD1], IllegalDataValue),
        (vec![3, 0xFF, 0xFF, 0, 2], IllegalDataAddress),
        // Quantity is checked before the address.
        (vec![3, 0xFF, 0xFF, 0, 126], IllegalDataValue),
        (vec![5, 0, 0, 0x12, 0x34], IllegalDataValue),
        (full(&[16, 0, 0, 0, 124, 248], 248), IllegalDataValue),
        (full(&[16, 0, 0, 0, 2, 3], 3), IllegalDataValue),
        (full(&[16, 0, 0, 0, 2, 4], 3), IllegalDataValue),
        (full(&[16, 0, 0, 0, 2, 4], 5), IllegalDataValue),
        (full(&[16, 0xFF, 0xFF, 0, 2, 4], 4), IllegalDataAddress),
        (full(&[15, 0, 0, 0x07, 0xB1, 247], 247), IllegalDataValue),
        (full(&[23, 0, 0, 0, 126, 0, 0, 0, 1, 2], 2), IllegalDataValue),
        (full(&[23, 0, 0, 0, 1, 0, 0, 0, 122, 244], 244), IllegalDataValue),
        (full(&[23, 0, 0, 0, 1, 0xFF, 0xFF, 0, 2, 4], 4), IllegalDataAddress),
        (vec![0x41], IllegalFunction),
        (vec![0x83, 2], IllegalFunction),
        (vec![3], IllegalDataValue),
        (vec![3, 0, 0, 0, 1, 0], IllegalDataValue),
        (vec![43, 0x0D, 1, 0], IllegalFunction),
        (vec![43, 0x0E, 5, 0], IllegalDataValue),
    ];
    for (pdu, code) in probes {
        assert_eq!(Request::decode(&pdu), Err((pdu[0], code)), "{pdu:02x?}");
    }
    assert_eq!(Request::decode(&[]), Err((0, IllegalFunction)));
}

#[test]
fn answers_to_another_question_are_refused() {
    let request = read(Table::HoldingRegisters, 0, 2);
    let malformed = |pdu: &[u8]| {
        Response::decode(pdu, &request).map_err(|error| match error {
            ResponseError::Malformed(how) => how,
            ResponseError::Exception(code) => panic!("{code}"),
        })
    };
    assert_eq!(malformed(&[]), Err(Malformed::Empty));
    assert_eq!(malformed(&[4, 4, 0, 0, 0, 0]), Err(Malformed::Function { expected: 3, found: 4 }));
    assert_eq!(malformed(&[3, 2, 0, 0]), Err(Malformed::ByteCount { expected: 4, found: 2 }));
    assert_eq!(malformed(&[3, 4, 0, 0, 0]), Err(Malformed::Length));
    assert_eq!(malformed(&[3, 4, 0, 0, 0, 0, 0]), Err(Malformed::Length));
    assert_eq!(malformed(&[0x83, 2, 0]), Err(Malformed::Length));
    let write = Request::WriteRegister { address: 1, value: 2 };
    assert_eq!(Response::decode(&[6, 0, 1, 0, 3], &write), Err(Malformed::Echo.into()));
}

#[test]
fn long_identification_is_cut_and_says_so() {
    let request = Request::ReadDeviceId { level: 3, object: 0 };
    let objects: Vec<(u8, Vec<u8>)> = (0..5).map(|id| (id, vec![b'x'; 80])).collect();
    let pdu = Response::DeviceId { conformity: 0x83, more: false, next: 0, objects: objects.clone() }.encode(&request);
    assert!(pdu.len() <= limits::PDU);
    let Ok(Response::DeviceId { more, next, objects: kept, .. }) = Response::decode(&pdu, &request) else {
        panic!("not decoded")
    };
    assert_eq!((more, next, &kept[..]), (true, 3, &objects[..3]));
}

#[test]
fn mbap_headers_that_cannot_be_right_are_errors_at_once() {
    let mut oversize = BytesMut::from(&[0, 1, 0, 0, 0xFF, 0xFF][..]);
    assert_eq!(tcp::decode(&mut oversize), Err(FrameError::Length(0xFFFF)));
    let mut short = BytesMut::from(&[0, 1, 0, 0, 0, 1, 9][..]);
    assert_eq!(tcp::decode(&mut short), Err(FrameError::Length(1)));
    let mut other = BytesMut::from(&[0, 1, 0, 1][..]);
    assert_eq!(tcp::decode(&mut other), Err(FrameError::Protocol(1)));
    let largest = tcp::encode(Mbap { transaction: 7, unit: 1 }, &[0; limits::PDU]);
    assert_eq!(largest.len(), limits::TCP_FRAME);
    assert!(tcp::decode(&mut BytesMut::from(&largest[..])).unwrap().is_some());
}

#[test]
fn a_flipped_bit_is_a_bad_crc() {
    let mut frame = rtu::encode(17, &[3, 4, 0, 1, 0, 2]);
    assert_eq!(rtu::decode_response(&frame, 3), Progress::Frame { unit: 17, pdu: &[3, 4, 0, 1, 0, 2], len: 9 });
    frame[4] ^= 0x10;
    assert_eq!(rtu::decode_response(&frame, 3), Progress::BadCrc);
    assert_eq!(rtu::decode_response(&frame, 4), Progress::Malformed);
}

fn any_table() -> impl Strategy<Value = Table> {
    prop_oneof![Just(Table::Coils), Just(Table::DiscreteInputs), Just(Table::HoldingRegisters), Just(Table::InputRegisters)]
}

fn any_request() -> impl Strategy<Value = Request> {
    let address = 0u16..60_000;
    prop_oneof![
        (any_table(), address.clone(), 0u16..2000).prop_map(|(table, address, count)| read(
            table,
            address,
            count % table.read_limit() + 1
        )),
        (any::<u16>(), any::<bool>()).prop_map(|(address, value)| Request::WriteCoil { address, value }),
        (any::<u16>(), any::<u16>()).prop_map(|(address, value)| Request::WriteRegister { address, value }),
        (any::<u16>(), any::<u16>()).prop_map(|(sub_function, data)| Request::Diagnostics { sub_function, data }),
        (address.clone(), vec(any::<bool>(), 1..=1968)).prop_map(|(address, values)| Request::WriteCoils { address, values }),
        (address.clone(), vec(any::<u16>(), 1..=123)).prop_map(|(address, values)| Request::WriteRegisters { address, values }),
        (any::<u16>(), any::<u16>(), any::<u16>()).prop_map(|(address, and_mask, or_mask)| Request::MaskWrite {
            address,
            and_mask,
            or_mask
        }),
        (address.clone(), 1u16..=125, address, vec(any::<u16>(), 1..=121)).prop_map(
            |(read_address, read_count, write_address, values)| Request::ReadWrite {
                read_address,
                read_count,
                write_address,
                values
            }
        ),
        (1u8..=4, any::<u8>()).prop_map(|(level, object)| Request::ReadDeviceId { level, object }),
    ]
}

/// A response that fits the request, filled from `seed`.
fn answer(request: &Request, seed: &[u8]) -> Response {
    let byte = |at: usize| seed[at % seed.len()];
    match request {
        Request::Read { table, count, .. } if table.is_bits() => {
            Response::Bits((0..usize::from(*count)).map(|at| byte(at) & 1 == 1).collect())
        }
        Request::Read { count, .. } | Request::ReadWrite { read_count: count, .. } => {
            Response::Registers((0..usize::from(*count)).map(|at| u16::from_be_bytes([byte(at), byte(at + 1)])).collect())
        }
        Request::Diagnostics { .. } => Response::Diagnostics { data: u16::from(byte(0)) },
        Request::ReadDeviceId { .. } => Response::DeviceId {
            conformity: byte(0),
            more: byte(1) & 1 == 1,
            next: byte(2),
            objects: (0..byte(3) % 4).map(|id| (id, seed.iter().copied().take(40).collect())).collect(),
        },
        _ => Response::Written,
    }
}

proptest! {
    #[test]
    fn requests_round_trip_in_both_framings(request in any_request(), transaction: u16, unit: u8) {
        let pdu = request.encode();
        prop_assert!(pdu.len() <= limits::PDU);
        prop_assert_eq!(Request::decode(&pdu), Ok(request));
        let frame = rtu::encode(unit, &pdu);
        prop_assert_eq!(rtu::decode_request(&frame), Progress::Frame { unit, pdu: &pdu, len: frame.len() });
        for cut in 0..frame.len() {
            prop_assert_eq!(rtu::decode_request(&frame[..cut]), Progress::NeedMore);
        }
        let header = Mbap { transaction, unit };
        let mut stream = BytesMut::from(&tcp::encode(header, &pdu)[..]);
        let decoded = tcp::decode(&mut stream).unwrap().unwrap();
        prop_assert_eq!((decoded.0, &decoded.1[..], stream.len()), (header, &pdu[..], 0));
    }

    #[test]
    fn responses_round_trip_in_both_framings(request in any_request(), seed in vec(any::<u8>(), 4..64), unit: u8) {
        let response = answer(&request, &seed);
        let pdu = response.encode(&request);
        prop_assert!(pdu.len() <= limits::PDU);
        prop_assert_eq!(Response::decode(&pdu, &request), Ok(response));
        let frame = rtu::encode(unit, &pdu);
        prop_assert_eq!(rtu::decode_response(&frame, request.function()), Progress::Frame { unit, pdu: &pdu, len: frame.len() });
        for cut in 0..frame.len() {
            prop_assert_eq!(rtu::decode_response(&frame[..cut], request.function()), Progress::NeedMore);
        }
    }

    #[test]
    fn arbitrary_bytes_are_answered_or_refused(bytes in vec(any::<u8>(), 0..600), request in any_request()) {
        if let Ok(decoded) = Request::decode(&bytes) {
            // Whatever is accepted says the same when it is sent on (padding bits of FC 15 aside).
            prop_assert_eq!(Request::decode(&decoded.encode()), Ok(decoded));
        }
        if let Ok(Response::Registers(words)) = Response::decode(&bytes, &request) {
            prop_assert!(words.len() * 2 <= bytes.len());
        }
        let _ = rtu::decode_request(&bytes);
        let _ = rtu::decode_response(&bytes, request.function());
        let mut stream = BytesMut::from(&bytes[..]);
        let capacity = stream.capacity();
        while let Ok(Some((_, pdu))) = tcp::decode(&mut stream) {
            prop_assert!(pdu.len() <= limits::PDU);
        }
        prop_assert!(stream.capacity() <= capacity);
    }

    #[test]
    fn near_misses_never_panic(request in any_request(), at: prop::sample::Index, value: u8, cut: prop::sample::Index) {
        let mut pdu = request.encode();
        let place = at.index(pdu.len());
        pdu[place] = value;
        pdu.truncate(cut.index(pdu.len() + 1));
        let _ = Request::decode(&pdu);
        let _ = Response::decode(&pdu, &request);
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_frames(requests in vec(any_request(), 1..5), step in 1usize..40) {
        let pdus: Vec<Vec<u8>> = requests.iter().map(Request::encode).collect();
        let wire: Vec<u8> = pdus.iter().zip(0u16..).flat_map(|(pdu, transaction)| tcp::encode(Mbap { transaction, unit: 1 }, pdu)).collect();
        let (mut stream, mut seen) = (BytesMut::new(), Vec::new());
        for piece in wire.chunks(step) {
            stream.extend_from_slice(piece);
            while let Some((header, pdu)) = tcp::decode(&mut stream).unwrap() {
                prop_assert_eq!(usize::from(header.transaction), seen.len());
                seen.push(pdu.to_vec());
            }
        }
        prop_assert_eq!(seen, pdus);
    }
}

#[test]
fn a_write_says_what_it_changes() {
    for (request, items, text) in [
        (Request::WriteCoil { address: 9, value: true }, Some((9, 9)), "1"),
        (Request::WriteCoils { address: 9, values: vec![true, false, true] }, Some((9, 11)), "101"),
        (Request::WriteRegister { address: 0xFFFF, value: 7 }, Some((0xFFFF, 0xFFFF)), "0x0007"),
        (Request::WriteRegisters { address: 1, values: vec![1, 0xABCD] }, Some((1, 2)), "0x0001 0xABCD"),
        (Request::MaskWrite { address: 4, and_mask: 0xF2, or_mask: 0x25 }, Some((4, 4)), "and 0x00F2 or 0x0025"),
        (Request::ReadWrite { read_address: 0, read_count: 9, write_address: 3, values: vec![5] }, Some((3, 3)), "0x0005"),
        (Request::Read { table: Table::Coils, address: 0, count: 1 }, None, ""),
        (Request::ReadDeviceId { level: 1, object: 0 }, None, ""),
    ] {
        assert_eq!((request.written(), request.values_text().as_str()), (items, text), "{request:?}");
    }
}
