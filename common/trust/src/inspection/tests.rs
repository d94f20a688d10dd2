use super::*;
use crate::{KeyKind, Subject, Wanted};
use rcgen::{BasicConstraints, CertificateParams, CrlDistributionPoint, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const DAY_MS: i64 = 86_400_000;

fn names() -> Vec<String> {
    vec!["gw.example".to_owned()]
}

fn authority(name: &str, above: Option<&Issuer<'static, KeyPair>>) -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let certificate = match above {
        Some(above) => params.signed_by(&key, above).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate.pem(), Issuer::new(params, key))
}

struct Stage {
    root_pem: String,
    middle_pem: String,
    middle: Issuer<'static, KeyPair>,
}

impl Stage {
    fn new() -> Self {
        let (root_pem, root) = authority("root", None);
        let (middle_pem, middle) = authority("middle", Some(&root));
        Self { root_pem, middle_pem, middle }
    }

    /// A leaf over `key`, changed by `change`.
    fn leaf(&self, key: &KeyPem, change: impl FnOnce(&mut CertificateParams)) -> String {
        let mut params = crate::identity::server_params(&names(), NOW, 397).unwrap();
        params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec!["http://crl.example/".to_owned()] }];
        change(&mut params);
        params.signed_by(&key.pair().unwrap(), &self.middle).unwrap().pem()
    }
}

fn look(pem: &str, pending: &[KeyPem]) -> Inspection {
    inspect(Upload::from_pem(pem).unwrap(), pending, Purpose::Server, &names(), NOW)
}

fn codes(found: &Inspection) -> Vec<&'static str> {
    found.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_chain_in_any_order_is_put_in_order_and_accepted() {
    let (stage, key) = (Stage::new(), KeyPem::generate().unwrap());
    let leaf = stage.leaf(&key, |_| {});
    let found = look(&format!("{}{leaf}{}{}", stage.root_pem, stage.middle_pem, key.expose()), &[]);
    assert_eq!(codes(&found), ["chain_reordered", "root_included"]);
    let chain = found.accepted().unwrap().chain_pem;
    let flat = |pem: &str| pem.replace(['\r', '\n'], "");
    assert_eq!(flat(&chain), flat(&format!("{leaf}{}{}", stage.middle_pem, stage.root_pem)));
    // The usual upload: no root.
    assert_eq!(codes(&look(&format!("{leaf}{}{}", stage.middle_pem, key.expose()), &[])), ["chain_open"]);
    // A leaf alone may miss what is between it and the root.
    let alone = look(&format!("{leaf}{}", key.expose()), &[]);
    assert_eq!((codes(&alone), alone.findings[0].grade), (vec!["chain_open"], Grade::Warning));
}

#[test]
fn the_answer_to_a_request_finds_its_key() {
    let (stage, key, other) = (Stage::new(), KeyPem::generate().unwrap(), KeyPem::generate().unwrap());
    let chain = format!("{}{}", stage.leaf(&key, |_| {}), stage.middle_pem);
    assert_eq!(look(&chain, std::slice::from_ref(&key)).accepted().unwrap().key.expose(), key.expose());
    let stray = look(&chain, std::slice::from_ref(&other));
    assert_eq!(codes(&stray)[0], "key_missing");
    assert!(stray.accepted().is_none());
    assert_eq!(codes(&look(&format!("{chain}{}", other.expose()), &[]))[0], "key_mismatch");
}

#[test]
fn each_fault_has_its_code() {
    type Change = fn(&mut CertificateParams);
    let cases: [(&str, Grade, Change); 12] = [
        ("expired", Grade::Error, |p| p.not_after = p.not_before + Duration::from_secs(3_600)),
        ("not_yet_valid", Grade::Error, |p| p.not_before += Duration::from_secs(86_400 * 3)),
        ("expires_soon", Grade::Warning, |p| p.not_after = p.not_before + Duration::from_secs(86_400 * 10)),
        ("life_long", Grade::Warning, |p| p.not_after = p.not_before + Duration::from_secs(86_400 * 1_200)),
        ("names_missing", Grade::Error, |p| p.subject_alt_names.clear()),
        ("names_differ", Grade::Warning, |p| p.subject_alt_names = vec![rcgen::SanType::DnsName("x.y".try_into().unwrap())]),
        ("use_wrong", Grade::Error, |p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth]),
        ("use_absent", Grade::Warning, |p| p.extended_key_usages.clear()),
        ("key_usage_absent", Grade::Warning, |p| p.key_usages.clear()),
        ("key_usage_wrong", Grade::Error, |p| p.key_usages = vec![KeyUsagePurpose::KeyAgreement]),
        ("no_revocation_pointer", Grade::Warning, |p| p.crl_distribution_points.clear()),
        ("leaf_is_authority", Grade::Error, |p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
    ];
    let (stage, key) = (Stage::new(), KeyPem::generate().unwrap());
    for (code, grade, change) in cases {
        let found = look(&format!("{}{}{}", stage.leaf(&key, change), stage.middle_pem, key.expose()), &[]);
        let told = found.findings.iter().find(|finding| finding.code == code);
        assert_eq!(told.map(|told| told.grade), Some(grade), "{code}: {found:?}");
        assert_eq!(found.accepted().is_none(), grade == Grade::Error, "{code}");
    }
}

#[test]
fn a_chain_that_does_not_hold_is_refused() {
    let (stage, key) = (Stage::new(), KeyPem::generate().unwrap());
    let leaf = stage.leaf(&key, |_| {});
    // Of the right name, and not the one that signed.
    let (impostor, _) = authority("middle", None);
    assert_eq!(codes(&look(&format!("{leaf}{impostor}{}", key.expose()), &[]))[0], "chain_broken");
    let strangers = look(&format!("{leaf}{}{}{}", stage.middle_pem, authority("else", None).0, key.expose()), &[]);
    assert!(codes(&strangers).contains(&"chain_extra") && strangers.accepted().is_some());
    // Its name and key are those of a server that signs.
    let signer_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "no authority");
    let signer_pem = params.self_signed(&signer_key).unwrap().pem();
    let leaf = crate::identity::server_params(&names(), NOW, 397).unwrap();
    let leaf = leaf.signed_by(&key.pair().unwrap(), &Issuer::new(params, signer_key)).unwrap().pem();
    assert!(codes(&look(&format!("{leaf}{signer_pem}{}", key.expose()), &[])).contains(&"issuer_not_authority"));
}

#[test]
fn a_self_signed_identity_passes_and_a_client_needs_its_own_use() {
    let wanted = Wanted { subject: Subject::default(), names: names(), purpose: Purpose::Client };
    let made = wanted.self_signed(KeyPem::generate_of(KeyKind::EcP384).unwrap(), NOW, 90).unwrap();
    let pem = format!("{}{}", made.chain_pem, made.key.expose());
    let found = inspect(Upload::from_pem(&pem).unwrap(), &[], Purpose::Client, &[], NOW);
    assert_eq!(codes(&found), ["self_signed"]);
    assert!(codes(&look(&pem, &[])).contains(&"use_wrong"));
    let later = inspect(Upload::from_pem(&pem).unwrap(), &[], Purpose::Client, &[], NOW.plus_ms(91 * DAY_MS));
    assert_eq!(codes(&later)[0], "expired");
}

#[test]
fn an_authority_is_looked_at_before_it_is_believed() {
    let der = |pem: &str| crate::certificates_der(pem).unwrap().remove(0);
    let stage = Stage::new();
    assert!(inspect_authority(&der(&stage.root_pem), NOW).findings.is_empty());
    let server = Wanted::server(&names()).self_signed(KeyPem::generate().unwrap(), NOW, 90).unwrap();
    assert_eq!(codes(&inspect_authority(&der(&server.chain_pem), NOW)), ["not_an_authority"]);
    assert_eq!(codes(&inspect_authority(&der(&server.chain_pem), NOW.plus_ms(91 * DAY_MS))), ["expired", "not_an_authority"]);
    assert_eq!(codes(&inspect_authority(&CertificateDer::from(vec![1, 2, 3]), NOW)), ["certificate_unreadable"]);
}

#[test]
fn damage_is_told_not_guessed() {
    let (stage, key) = (Stage::new(), KeyPem::generate().unwrap());
    let mut ders = crate::certificates_der(&stage.leaf(&key, |_| {})).unwrap().remove(0).to_vec();
    ders.push(0);
    let upload = Upload { key: Some(key), certificates: vec![ders.into()], legacy_encryption: true };
    let found = inspect(upload, &[], Purpose::Server, &names(), NOW);
    assert_eq!(codes(&found), ["legacy_encryption", "certificate_unreadable"]);
    assert!(found.accepted().is_none());
}
