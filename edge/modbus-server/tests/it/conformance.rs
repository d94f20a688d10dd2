//! What the specification asks for, byte by byte, over a plain connection and inside TLS.

use crate::plant::{LATER_UNIT, ReadOnly, SILENT_UNIT};
use crate::support::{Master, Secured, Server, frame, read};
use haubert_guard::Settings;
use haubert_modbus_server::Patience;

/// A write of `count` zero registers by FC 16, or of `count` coils by FC 15, with its byte count.
fn write(function: u8, address: u16, count: u16) -> Vec<u8> {
    let bytes = if function == 15 { usize::from(count).div_ceil(8) } else { usize::from(count) * 2 };
    [read(function, address, count), vec![bytes as u8], vec![0; bytes]].concat()
}

/// FC 23: reads `count` registers, writes `written` of them.
fn read_write(count: u16, written: u16) -> Vec<u8> {
    [read(23, 0, count), write(23, 0, written)[1..].to_vec()].concat()
}

/// Each request that cannot be fulfilled and the exception that answers it: function, value, address, in this order (clause 7 and
/// the state diagrams of the application protocol).
fn refusals() -> Vec<(&'static str, u8, Vec<u8>, [u8; 2])> {
    vec![
        ("an unknown function", 1, vec![0x41], [0xC1, 1]),
        ("function 0", 1, vec![0], [0x80, 1]),
        ("a function that is an exception's", 1, vec![0x83, 2], [0x83, 1]),
        ("diagnostics, for serial lines only", 1, vec![8, 0, 0, 0, 0], [0x88, 1]),
        ("diagnostics cut short", 1, vec![8, 0], [0x88, 1]),
        ("another MEI type", 1, vec![43, 13, 1, 0], [0xAB, 1]),
        ("a level of identification that there is not", 1, vec![43, 14, 5, 0], [0xAB, 3]),
        ("a function that the plant does not take, whatever is wrong besides", 1, vec![22, 0], [0x96, 1]),
        ("no coil", 1, read(1, 0, 0), [0x81, 3]),
        ("2001 coils", 1, read(1, 0, 2001), [0x81, 3]),
        ("2001 discrete inputs", 1, read(2, 0, 2001), [0x82, 3]),
        ("no register", 1, read(3, 0, 0), [0x83, 3]),
        ("126 registers", 1, read(3, 0, 126), [0x83, 3]),
        ("126 input registers", 1, read(4, 0, 126), [0x84, 3]),
        ("too many registers past the last address: the value comes first", 1, read(3, 0xFFFF, 126), [0x83, 3]),
        ("a request cut short", 1, vec![3, 0, 0, 0], [0x83, 3]),
        ("a request with bytes left over", 1, [read(4, 0, 1), vec![0]].concat(), [0x84, 3]),
        ("a function code alone", 1, vec![3], [0x83, 3]),
        ("a coil that is neither on nor off", 1, read(5, 0, 0x1234), [0x85, 3]),
        ("1969 coils written", 1, write(15, 0, 1969), [0x8F, 3]),
        ("124 registers written", 1, [read(16, 0, 124), vec![246], vec![0; 246]].concat(), [0x90, 3]),
        ("a byte count that is not that of the quantity", 1, vec![16, 0, 0, 0, 2, 2, 0, 0], [0x90, 3]),
        ("a byte count beyond what came", 1, vec![16, 0, 0, 0, 2, 4, 0, 0], [0x90, 3]),
        ("126 registers read while writing", 1, read_write(126, 1), [0x97, 3]),
        (
            "122 registers written while reading",
            1,
            [read(23, 0, 1), read(0, 0, 122)[1..].to_vec(), vec![244]].concat(),
            [0x97, 3],
        ),
        ("past the last address", 1, read(3, 0xFFFF, 2), [0x83, 2]),
        ("coils past the last address", 1, read(1, 0xFFFF, 2), [0x81, 2]),
        ("a write past the last address", 1, write(16, 0xFFFF, 2), [0x90, 2]),
        ("a register that there is not", 1, read(3, 0x2000, 1), [0x83, 2]),
        ("the last register and one more", 1, read(4, 0x0FFF, 2), [0x84, 2]),
        ("a coil that there is not, written", 1, read(5, 0x2000, 0xFF00), [0x85, 2]),
        ("a unit that is not there", 9, read(3, 0, 1), [0x83, 0x0A]),
        ("a unit that does not answer", SILENT_UNIT, read(3, 0, 1), [0x83, 0x0B]),
    ]
}

/// What lies on the limits is answered.
fn answers() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let registers =
        |function: u8, count: u16| [vec![function, (count * 2) as u8], (0..count).flat_map(u16::to_be_bytes).collect()].concat();
    vec![
        ("2000 coils", read(1, 0, 2000), [vec![1, 250], vec![0b0101_0101; 250]].concat()),
        ("ten discrete inputs, the last byte padded", read(2, 1, 10), vec![2, 2, 0b1010_1010, 0b10]),
        ("125 registers", read(3, 0, 125), registers(3, 125)),
        ("125 input registers", read(4, 0, 125), registers(4, 125)),
        ("the last register", read(3, 0x0FFF, 1), vec![3, 2, 0x0F, 0xFF]),
        ("1968 coils written", write(15, 0, 1968), vec![15, 0, 0, 0x07, 0xB0]),
        ("123 registers written", write(16, 0, 123), vec![16, 0, 0, 0, 123]),
        ("125 registers read and 121 written", read_write(125, 121), registers(23, 125)),
        ("a coil switched on", read(5, 3, 0xFF00), read(5, 3, 0xFF00)),
        ("identification", vec![43, 14, 1, 0], b"\x2b\x0e\x01\x01\x00\x00\x03\x00\x07Haubert\x01\x04Port\x02\x031.0".to_vec()),
    ]
}

async fn conforms(server: &Server, mut master: Master) {
    for (what, unit, request, expected) in refusals() {
        assert_eq!(master.ask(unit, &request).await, expected, "{what}");
        assert_eq!(master.ask(1, &read(3, 10, 2)).await, [3, 4, 0, 10, 0, 11], "it goes on after {what}");
    }
    for (what, request, expected) in answers() {
        assert_eq!(master.ask(1, &request).await, expected, "{what}");
        assert_eq!(master.ask(LATER_UNIT, &request).await, expected, "{what}, from elsewhere");
    }
    let counted = server.counters.read();
    assert_eq!(counted.exceptions.values().sum::<u64>(), refusals().len() as u64);
    assert_eq!((counted.exceptions[&0x0A], counted.exceptions[&0x0B], counted.broken), (1, 1, 0));
    assert_eq!(counted.functions.values().sum::<u64>(), (2 * refusals().len() + 2 * answers().len()) as u64);
}

#[tokio::test]
async fn every_request_has_the_answer_of_the_specification() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    conforms(&server, Master::connect(&server).await).await;
}

#[tokio::test]
async fn every_request_has_the_same_answer_inside_tls() {
    let secured = Secured::start(Settings::default(), Patience::default()).await;
    let shown = secured.authority.master(None);
    let master = secured.connect(Some(&shown)).await.unwrap();
    conforms(&secured.server, master).await;
}

/// Nothing of a function that is not taken is looked at, so that it is no matter what else is wrong.
#[tokio::test]
async fn a_plant_that_takes_no_writes_refuses_them_as_functions() {
    let server = Server::over(ReadOnly, Settings::default(), Patience::default(), None).await;
    let mut master = Master::connect(&server).await;
    for request in
        [read(5, 0, 0xFF00), read(5, 0, 1), read(6, 0, 1), write(15, 0, 1), write(16, 0, 1), vec![16], read_write(1, 1)]
    {
        assert_eq!(master.ask(1, &request).await, [request[0] | 0x80, 1], "{request:?}");
    }
    assert_eq!(master.ask(1, &read(4, 300, 1)).await, [4, 2, 1, 44]);
}

/// Clause 4.4.1.2 of the messaging guide: several transactions may be under way on one connection.
async fn pipelined(mut master: Master) {
    let ask =
        |transaction: u16| frame(0x100 + transaction, if transaction == 2 { LATER_UNIT } else { 1 }, &read(3, transaction, 1));
    let bytes: Vec<u8> = (0..50).flat_map(ask).collect();
    // At once, and in pieces that are not frames.
    for piece in [bytes.len(), 7] {
        for piece in bytes.chunks(piece) {
            master.send(piece).await;
        }
        for transaction in 0..50 {
            assert_eq!(master.answer().await, Some((0x100 + transaction, vec![3, 2, 0, transaction as u8])));
        }
    }
}

#[tokio::test]
async fn requests_sent_at_once_are_each_answered_in_their_order() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    pipelined(Master::connect(&server).await).await;
    let secured = Secured::start(Settings::default(), Patience::default()).await;
    pipelined(secured.connect(Some(&secured.authority.master(None))).await.unwrap()).await;
}

/// A header that cannot be right: there is no way to find the next frame.
#[tokio::test]
async fn what_is_no_modbus_ends_its_own_connection_after_what_came_before_was_answered() {
    let server = Server::start(Settings::default(), Patience::default()).await;
    let secured = Secured::start(Settings::default(), Patience::default()).await;
    let shown = secured.authority.master(None);
    let mut honest = Master::connect(&server).await;
    let nonsense: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\n\r\n",
        &[0, 1, 0, 1, 0, 6, 1],
        &[0, 1, 0, 0, 0, 0, 1],
        &[0, 1, 0, 0, 0, 1, 1],
        &[0, 1, 0, 0, 0, 255, 1],
        &[0, 1, 0, 0, 0xFF, 0xFF, 1],
    ];
    for nonsense in nonsense {
        for mut other in [Master::connect(&server).await, secured.connect(Some(&shown)).await.unwrap()] {
            other.send(&frame(7, 1, &read(3, 1, 1))).await;
            other.send(nonsense).await;
            assert_eq!(other.answer().await, Some((7, vec![3, 2, 0, 1])));
            assert_eq!(other.answer().await, None, "{nonsense:?}");
        }
        assert_eq!(honest.ask(1, &read(3, 5, 1)).await, [3, 2, 0, 5]);
    }
    assert_eq!((server.counters.read().broken, secured.server.counters.read().broken), (6, 6));
}
