//! Every gateway has keys of its own (scoreboard, line 20): made over and over as the program makes them at its first start.

use haubert_gateway::audit::start;
use haubert_gateway::certificates::Certificates;
use haubert_gateway::certificates::uses::IdentityUse;
use haubert_gateway::storage::keyring::Keyring;
use haubert_gateway::store::opening;
use haubert_score::count;
use haubert_service::clock::SystemClock;
use haubert_trust::{SetupCode, certificates_der};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// What a gateway is known by or protected with, as it is after its first start: name and bytes.
async fn provisioned(data: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let key_file = data.join("storage.key");
    let opened = opening::open(&data.join("config.db"), &Keyring::new(key_file, None)).unwrap();
    let audit = start::beside(&opened.db, &data.join("audit"), &opened.key).await.unwrap();
    let names = ["localhost".to_owned()];
    let clock = Arc::new(SystemClock::new());
    let certificates = Certificates::open(opened.db.clone(), clock, &names, &data.join("https")).await.unwrap();
    let https = certificates.identity(IdentityUse::Https).unwrap();
    vec![
        ("storage key", opened.key.expose().to_vec()),
        ("private key of the HTTPS server", https.key.expose().as_bytes().to_vec()),
        ("certificate", certificates_der(&https.chain_pem).unwrap()[0].to_vec()),
        ("key of the audit trail", audit.public_key().to_string().into_bytes()),
        ("name of the audit trail", audit.log().to_string().into_bytes()),
        ("set-up code", SetupCode::random().unwrap().text().expose().as_bytes().to_vec()),
    ]
}

/// How many of these stand there more than once.
fn repeated(all: &[(&'static str, Vec<u8>)]) -> usize {
    all.len() - all.iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn no_two_gateways_share_a_key() {
    let gateways = count(20, 1_000);
    let mut all = Vec::new();
    for _ in 0..gateways {
        let dir = tempfile::tempdir().unwrap();
        all.extend(provisioned(dir.path()).await);
    }
    let twice = repeated(&all);
    let figure = format!("{twice} of {} keys, identities and codes of {gateways} gateways twice", all.len());
    haubert_score::record("20.unique", twice == 0 && all.len() as u64 == 6 * gateways, figure);
    assert_eq!(twice, 0);

    // A gateway made from the image of another one that had been started: as a factory would that copies what it must not.
    let dir = tempfile::tempdir().unwrap();
    let mut copied = provisioned(dir.path()).await;
    copied.extend(provisioned(dir.path()).await);
    let twice = repeated(&copied);
    haubert_score::record(
        "20.copied",
        twice == 5,
        format!("{twice} of 6 found in the copy of a gateway: all but the code of each start"),
    );
    assert_eq!(twice, 5);
}
