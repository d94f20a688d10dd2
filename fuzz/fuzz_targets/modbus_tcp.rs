//! Modbus TCP streams. However the bytes are cut into pieces, the same frames come out, and each is the bytes it was made of.
#![no_main]

use bytes::{Bytes, BytesMut};
use haubert_modbus::tcp::{self, FrameError, HEADER, Mbap};
use haubert_modbus::{Request, Response, limits};
use libfuzzer_sys::fuzz_target;

type Frames = Vec<(Mbap, Bytes)>;

fn take(buf: &mut BytesMut, frames: &mut Frames) -> Result<(), FrameError> {
    while let Some(frame) = tcp::decode(buf)? {
        frames.push(frame);
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, stream)) = data.split_first() else { return };
    let mut at_once = Frames::new();
    let mut whole = BytesMut::from(stream);
    let end = take(&mut whole, &mut at_once);

    let (mut in_pieces, mut buf, mut end_of_pieces) = (Frames::new(), BytesMut::new(), Ok(()));
    for piece in stream.chunks(usize::from(*piece).max(1)) {
        buf.extend_from_slice(piece);
        end_of_pieces = take(&mut buf, &mut in_pieces);
        if end_of_pieces.is_err() {
            break;
        }
    }
    assert_eq!((&at_once, end), (&in_pieces, end_of_pieces));

    let mut used = Vec::new();
    let mut asked: Option<Request> = None;
    for (header, pdu) in &at_once {
        assert!((1..=limits::PDU).contains(&pdu.len()));
        used.extend(tcp::encode(*header, pdu));
        if let Some(asked) = &asked {
            let _ = Response::decode(pdu, asked);
        }
        asked = Request::decode(pdu).ok().or(asked);
    }
    assert!(stream.starts_with(&used) && used.len() + whole.len() == stream.len());
    assert!(end.is_err() || whole.len() < HEADER + limits::PDU, "a whole frame was left lying");
});
