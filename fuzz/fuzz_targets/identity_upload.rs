//! An uploaded identity: PEM, and PKCS#12 under the passphrase of the seeds; then the inspection of what was read.
#![no_main]

use haubert_model::{Secret, Timestamp};
use haubert_trust::{Grade, Purpose, Upload, inspect, inspect_authority};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_secs(1_780_000_000);

fn look(upload: Upload) {
    for certificate in &upload.certificates {
        let _ = inspect_authority(certificate, NOW);
    }
    let found = inspect(upload, &[], Purpose::Server, &["gw.example".to_owned()], NOW);
    let refused = found.findings.iter().any(|finding| finding.grade == Grade::Error);
    if let Some(identity) = found.accepted() {
        assert!(!refused, "accepted against an error");
        haubert_trust::server_config(&identity).expect("what was accepted can be served");
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(upload) = Upload::from_pkcs12(data, &Secret::new("fuzz".to_owned())) {
        look(upload);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(upload) = Upload::from_pem(text) {
        look(upload);
    }
});
