//! Whatever comes.

use crate::support::{Master, Server, frame, read};
use haubert_guard::Settings;
use haubert_modbus::tcp;
use haubert_modbus_server::Patience;
use proptest::prelude::*;

fn pdu() -> impl Strategy<Value = Vec<u8>> {
    let shaped =
        (prop::sample::select(vec![1u8, 2, 3, 4, 5, 6, 43]), any::<u16>(), 0u16..2100).prop_map(|(f, a, n)| read(f, a, n));
    prop_oneof![shaped, prop::collection::vec(any::<u8>(), 1..=253)]
}

/// Frames, and sometimes something else between them.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let framed = (any::<u16>(), 0u8..12, pdu()).prop_map(|(transaction, unit, pdu)| frame(transaction, unit, &pdu));
    let piece = prop_oneof![9 => framed, 1 => prop::collection::vec(any::<u8>(), 0..20)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Number and function of each whole frame before what cannot be followed, and whether there is such a thing.
fn expected(mut stream: &[u8]) -> (Vec<(u16, u8)>, bool) {
    let mut frames = Vec::new();
    loop {
        match tcp::first(stream) {
            Ok(Some(frame)) => {
                frames.push((frame.header.transaction, frame.pdu[0] & 0x7F));
                stream = &stream[frame.size()..];
            }
            Ok(None) => return (frames, false),
            Err(_) => return (frames, true),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// However it is cut into pieces: each whole frame has exactly one answer with its number and function, in their order, and
    /// the next master is answered as if nothing had been.
    #[test]
    fn each_frame_has_one_answer(stream in stream(), piece in 1usize..600) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let server = Server::start(Settings::default(), Patience::default()).await;
            let mut master = Master::connect(&server).await;
            for piece in stream.chunks(piece) {
                master.send(piece).await;
            }
            let (frames, broken) = expected(&stream);
            for (transaction, function) in &frames {
                let (number, answer) = master.answer().await.unwrap();
                assert_eq!((number, answer[0] & 0x7F), (*transaction, *function));
            }
            if broken {
                assert_eq!(master.answer().await, None);
            }
            drop(master);
            assert_eq!(Master::connect(&server).await.ask(1, &read(3, 1, 1)).await, [3, 2, 0, 1]);
            let counted = server.counters.read();
            assert_eq!(counted.functions.values().sum::<u64>(), frames.len() as u64 + 1);
            assert_eq!(counted.broken, u64::from(broken));
        });
    }
}
