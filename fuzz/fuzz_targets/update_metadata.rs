//! Metadata of a repository and the description of a release: any bytes. Nobody has signed a root in here, but for the seed.
#![no_main]

use haubert_bundle::known::self_signed_version;
use haubert_bundle::{Release, Version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = self_signed_version(data);
    if let Ok(release) = Release::parse(data) {
        let version = release.version.to_string();
        assert_eq!(version.parse::<Version>().expect("as it was written"), release.version);
    }
});
