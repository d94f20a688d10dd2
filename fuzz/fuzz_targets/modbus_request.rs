//! Requests as a server reads them: what is accepted is within the specification's limits and is written as it was read.
#![no_main]

use haubert_modbus::{ExceptionCode, Request, exception_pdu, limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pdu: &[u8]| {
    match Request::decode(pdu) {
        Ok(request) => {
            assert!(pdu.len() <= limits::PDU);
            assert_eq!(pdu.first(), Some(&request.function()));
            let written = request.encode();
            // The unused bits of the last coil byte need not be zero.
            if matches!(request, Request::WriteCoils { .. }) {
                assert_eq!(written.len(), pdu.len());
            } else {
                assert_eq!(written, pdu);
            }
            assert_eq!(Request::decode(&written), Ok(request));
        }
        Err((function, code)) => {
            assert_eq!(function, pdu.first().copied().unwrap_or(0));
            assert!(matches!(
                code,
                ExceptionCode::IllegalFunction | ExceptionCode::IllegalDataAddress | ExceptionCode::IllegalDataValue
            ));
            assert_eq!(exception_pdu(function, code).len(), 2);
        }
    }
});
