//! Messages between gateway and hub. Input: which message, then CBOR. A message written again is the same bytes each time.
#![no_main]

use haubert_link::message::*;
use haubert_link::{decode, encode};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn check<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(message) = decode::<T>(bytes) else { return };
    // Bytes are compared, since a power that is not a number does not equal itself.
    let written = encode(&message).expect("what was read can be written");
    let again: T = decode(&written).expect("what was written can be read");
    assert_eq!(encode(&again).expect("and written"), written);
}

fuzz_target!(|data: &[u8]| {
    let Some((which, bytes)) = data.split_first() else { return };
    match which % 13 {
        0 => check::<EnrolmentRequest>(bytes),
        1 => check::<EnrolmentResponse>(bytes),
        2 => check::<RenewalRequest>(bytes),
        3 => check::<RenewalResponse>(bytes),
        4 => check::<Hello>(bytes),
        5 => check::<HelloAck>(bytes),
        6 => check::<SeriesRequest>(bytes),
        7 => check::<ChunksRequest>(bytes),
        8 => check::<Acknowledgement>(bytes),
        9 => check::<Live>(bytes),
        10 => check::<EventsRequest>(bytes),
        11 => check::<Received>(bytes),
        _ => check::<Refusal>(bytes),
    }
});
