//! A backup file. Input: its bytes, tried as a sealed file with a recovery key, as a header, as the records inside, as a sealed key,
//! and as a typed recovery key.
#![no_main]

use haubert_gateway::backup::format::{Record, RecordReader};
use haubert_trust::{Key, RecoveryKey, SealedHeader, SealedKey, SealedReader, Unlock};
use libfuzzer_sys::fuzz_target;
use std::io::Read;
use std::sync::LazyLock;

static KEY: LazyLock<RecoveryKey> = LazyLock::new(|| RecoveryKey::random().expect("a key"));

fuzz_target!(|data: &[u8]| {
    // A passphrase is never tried: each costs 64 MiB. Whoever has not the key gets nothing out.
    if let Ok(mut reader) = SealedReader::new(data, &Unlock::Recovery(KEY.clone())) {
        let mut plain = Vec::new();
        assert!(reader.read_to_end(&mut plain).is_err() && plain.is_empty(), "nobody sealed this for us");
    }
    if let Some(head) = data.first_chunk::<{ SealedHeader::LEN }>() {
        let _ = SealedHeader::parse(head);
    }
    if let Ok(sealed) = SealedKey::parse(data) {
        assert_eq!(sealed.to_bytes(), data);
        assert!(sealed.open(&Key::new([1; 32])).is_err());
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = RecoveryKey::parse(text)
    {
        assert_eq!(RecoveryKey::parse(key.text().expose()).expect("as it is printed").text(), key.text());
    }
    let Ok(mut records) = RecordReader::begin(data) else { return };
    let mut bytes = 0;
    while let Ok(Some(record)) = records.next_record() {
        bytes += match &record {
            Record::Config(piece) | Record::Chunk(_, piece) => piece.len(),
            _ => 0,
        };
        assert!(bytes <= data.len());
    }
});
