//! Answers as a master reads them. Input: length of a request, the request, the answer.
#![no_main]

use haubert_modbus::{Request, Response, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((length, rest)) = data.split_first() else { return };
    let Some((request, pdu)) = rest.split_at_checked(usize::from(*length)) else { return };
    let Ok(request) = Request::decode(request) else { return };
    let Ok(response) = Response::decode(pdu, &request) else { return };
    match (&response, &request) {
        (Response::Bits(bits), Request::Read { count, .. }) => assert_eq!(bits.len(), usize::from(*count)),
        (Response::Registers(words), Request::Read { count, .. } | Request::ReadWrite { read_count: count, .. }) => {
            assert_eq!(words.len(), usize::from(*count));
        }
        (Response::DeviceId { objects, .. }, Request::ReadDeviceId { .. }) => assert!(objects.len() <= 255),
        (Response::Diagnostics { .. }, Request::Diagnostics { .. }) => {}
        (Response::Written, request) => assert!(request.is_write()),
        (response, request) => panic!("{response:?} does not answer {request:?}"),
    }
    let written = response.encode(&request);
    assert!(written.len() <= limits::PDU);
    // Device identification longer than a PDU is cut when it is written.
    if pdu.len() <= limits::PDU {
        assert_eq!(Response::decode(&written, &request), Ok(response));
    }
});
