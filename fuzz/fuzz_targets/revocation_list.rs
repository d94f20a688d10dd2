//! An uploaded revocation list, in DER and in PEM, before the authority of the seeds.
#![no_main]

use haubert_model::Timestamp;
use haubert_trust::{Authorities, Crl, PeerTrust, TlsVersions, client_config};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_secs(1_796_000_000);
const AUTHORITY: &[u8] = include_bytes!("../seeds/revocation_list/authority.der");

fuzz_target!(|data: &[u8]| {
    let _ = Crl::read(data, &[data.to_vec()], NOW);
    if let Ok(crl) = Crl::read(data, &[AUTHORITY.to_vec()], NOW) {
        assert!(crl.this_update <= NOW && crl.next_update > NOW);
        let authorities =
            Authorities { certificates: vec![AUTHORITY.to_vec().into()], crls: vec![crl.der.into()], ..Authorities::default() };
        client_config(&PeerTrust::Authorities(authorities), None, TlsVersions::Tls13).expect("what was accepted can be used");
    }
});
