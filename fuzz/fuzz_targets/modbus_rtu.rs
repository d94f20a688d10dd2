//! Serial frames, found by length in a stream. Input: function asked for, then the stream; the same bytes also serve as the
//! PDU of a frame with a right CRC, which chance would not find.
#![no_main]

use haubert_modbus::rtu::{self, Progress};
use haubert_modbus::{Request, Response, limits};
use libfuzzer_sys::fuzz_target;

/// Every frame is the bytes it was made of, and a verdict once given stands, whatever bytes follow.
fn follow<'a>(stream: &'a [u8], decode: impl Fn(&'a [u8]) -> Progress<'a>) {
    let mut verdict = Progress::NeedMore;
    for end in 0..=stream.len().min(2 * limits::RTU_FRAME) {
        let Some(received) = stream.get(..end) else { return };
        let now = decode(received);
        if verdict == Progress::NeedMore {
            if let Progress::Frame { unit, pdu, len } = now {
                assert!(len == end && len <= limits::RTU_FRAME);
                assert_eq!(rtu::encode(unit, pdu), received);
            }
            verdict = now;
        } else {
            assert_eq!(now, verdict);
        }
    }
    assert!(verdict != Progress::NeedMore || stream.len() < limits::RTU_FRAME, "waits for more than a frame");
}

fn is_frame(progress: Progress<'_>, of: &[u8]) -> bool {
    matches!(progress, Progress::Frame { pdu, len, .. } if pdu == of && len == of.len() + 3)
}

fuzz_target!(|data: &[u8]| {
    let Some((function, stream)) = data.split_first() else { return };
    let function = function & 0x7F;
    follow(stream, rtu::decode_request);
    follow(stream, |bytes| rtu::decode_response(bytes, function));

    let Some((unit, pdu)) = stream.split_first() else { return };
    let frame = rtu::encode(*unit, pdu);
    follow(&frame, rtu::decode_request);
    follow(&frame, |bytes| rtu::decode_response(bytes, function));
    // What the codec accepts, the framing finds.
    if Request::decode(pdu).is_ok() {
        assert!(is_frame(rtu::decode_request(&frame), pdu));
    }
    let asked = [1, 3, 43].map(|function| match function {
        43 => Request::ReadDeviceId { level: 1, object: 0 },
        1 => Request::Read { table: haubert_modbus::Table::Coils, address: 0, count: 9 },
        _ => Request::Read { table: haubert_modbus::Table::HoldingRegisters, address: 0, count: 3 },
    });
    for asked in asked {
        if pdu.len() <= limits::PDU && Response::decode(pdu, &asked).is_ok() {
            assert!(is_frame(rtu::decode_response(&frame, asked.function()), pdu));
        }
    }
});
