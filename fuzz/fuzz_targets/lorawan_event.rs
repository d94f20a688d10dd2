//! Events of a LoRaWAN network server, from the topic to the values: whatever comes is an event or a fault, what is kept is bounded, and
//! every decoder that ships reads every payload to an end.
#![no_main]

use haubert_content::{DecoderCatalogue, embedded_decoders};
use haubert_lorawan::{Event, MAX_PAYLOAD_BYTES, Memory, Topic};
use haubert_model::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static DECODERS: LazyLock<DecoderCatalogue> = LazyLock::new(|| embedded_decoders().expect("they ship"));

/// The first byte chooses the kind of event; of 4, what follows up to a zero is the topic.
fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let (kind, bytes) = match kind % 5 {
        0 => ("up", rest),
        1 => ("join", rest),
        2 => ("status", rest),
        3 => ("log", rest),
        _ => {
            let _ = Topic::read("port", &String::from_utf8_lossy(rest));
            for decoder in DECODERS.iter() {
                assert!(decoder.decode(85, rest).left <= rest.len());
            }
            return;
        }
    };
    let topic = Topic::read("", &format!("application/1/device/24e124136b502217/event/{kind}")).expect("a topic");
    let Ok(Event::Uplink(uplink)) = Event::read(&topic, bytes) else { return };
    assert!(uplink.data.len() <= MAX_PAYLOAD_BYTES);
    let mut memory = Memory::default();
    memory.uplink(&uplink, Timestamp(0));
    memory.uplink(&uplink, Timestamp(1));
    assert_eq!(memory.uplinks, 1, "the second is a repetition");
    for decoder in DECODERS.iter() {
        let decoded = decoder.decode(uplink.f_port, &uplink.data);
        assert!(decoded.left <= uplink.data.len() && decoded.measured.iter().all(|one| one.load <= decoder.loads));
    }
});
