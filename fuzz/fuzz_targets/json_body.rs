//! JSON bodies of the API, by the types that they describe. Input: which type, then JSON. What fits is read again from what is
//! written; what does not is answered with a problem no longer than the body deserves.
#![no_main]

use haubert_gateway::topology::{Bus, Device, Load, Site};
use haubert_service::extract::parse_json;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(body: &[u8]) {
    match parse_json::<T>(body) {
        Ok(value) => {
            let written = serde_json::to_vec(&value).expect("what was read can be written");
            assert_eq!(parse_json::<T>(&written).ok().as_ref(), Some(&value));
        }
        Err(problem) => {
            assert!(matches!(&*problem.code, "bad_request" | "invalid"));
            assert_eq!(problem.code == "invalid", !problem.fields.is_empty());
            // A name of the body may come back escaped, in field and message.
            assert!(serde_json::to_vec(&problem).expect("a problem").len() <= 2048 + 40 * body.len());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else { return };
    match which % 4 {
        0 => check::<Bus>(body),
        1 => check::<Device>(body),
        2 => check::<Load>(body),
        _ => check::<Site>(body),
    }
});
