//! The gateway's HTTPS server against openssl, and its certificates through the API: requested, uploaded, previewed, taken back.

use crate::stage::{PASSWORD, SOON, Server, client, gateway};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::{Api, SECURITY_USER, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

struct Keeper {
    server: Server,
    api: Api,
    address: String,
    forge: Forge,
    _dir: tempfile::TempDir,
}

/// A gateway and its keeper.
async fn keeper() -> Keeper {
    let server = gateway().await;
    let api = client(&server.program);
    api.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    let address = server.program.ready_text("https").trim_start_matches("https://").to_owned();
    let dir = tempfile::tempdir().unwrap();
    Keeper { server, api, address, forge: Forge::new(dir.path()).unwrap(), _dir: dir }
}

impl Keeper {
    /// What `openssl s_client` says of the server, after typing `typed`.
    fn s_client(&self, options: &[&str], typed: &str) -> (bool, String) {
        let mut child = Command::new("openssl")
            .args(["s_client", "-connect", &self.address])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A server that has hung up makes the pipe break.
        let _hung_up = stdin.write_all(typed.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }

    fn shown(&self) -> String {
        let (_, said) = self.s_client(&["-showcerts"], "");
        let begin = said.find("-----BEGIN CERTIFICATE-----").unwrap();
        let end = said.find("-----END CERTIFICATE-----").unwrap();
        let file = self._dir.path().join("shown.pem");
        std::fs::write(&file, format!("{}-----END CERTIFICATE-----\n", &said[begin..end])).unwrap();
        let told = self.forge.openssl("x509 -noout -fingerprint -sha256 -in shown.pem", &[]).unwrap();
        String::from_utf8(told).unwrap().trim().rsplit('=').next().unwrap().to_owned()
    }

    async fn https(&self) -> Value {
        let all = self.api.get("/certificates").await.unwrap();
        all["identities"].as_array().unwrap().iter().find(|one| one["purpose"] == "https").unwrap().clone()
    }

    async fn fingerprint(&self) -> String {
        self.https().await["current"]["certificate"]["fingerprint"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.api.send(method, &format!("/certificates{path}"), Some(&body)).await.unwrap();
        (answer.status.as_u16(), answer.body)
    }

    async fn shows_what_it_says(&self) {
        let said = self.fingerprint().await;
        until("new connections see it", SOON, || async { (self.shown() == said).then_some(()) }).await.unwrap();
    }
}

fn codes(findings: &Value) -> Vec<&str> {
    findings["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["code"].as_str()).collect()
}

#[tokio::test]
async fn the_server_speaks_tls_as_the_guide_asks() {
    let keeper = keeper().await;
    let (fine, said) = keeper.s_client(&["-tls1_3"], "");
    assert!(fine && said.contains("TLSv1.3"), "{said}");
    for old in ["-tls1_2", "-tls1_1", "-tls1"] {
        let (fine, said) = keeper.s_client(&[old, "-cipher", "ALL:@SECLEVEL=0"], "");
        assert!(!fine && said.contains("SSL alert number"), "{old}: {said}");
    }
    // The server's order, whatever the client prefers.
    for suites in ["TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"] {
        let (_, said) = keeper.s_client(&["-ciphersuites", suites], "");
        assert!(said.contains("Cipher is TLS_AES_256_GCM_SHA384"), "{said}");
    }
    // CBC-MAC with a short tag, as of small devices, is not offered.
    assert!(!keeper.s_client(&["-ciphersuites", "TLS_AES_128_CCM_8_SHA256"], "").0);
    // Tickets are worth half a day, and no early data goes with them.
    let session = keeper._dir.path().join("session");
    let session = session.to_str().unwrap();
    let get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let (_, said) = keeper.s_client(&["-ign_eof", "-sess_out", session], get);
    let lifetime: u64 = said.split("lifetime hint: ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&lifetime), "{said}");
    assert!(said.contains("Max Early Data: 0"), "{said}");
    let (_, said) = keeper.s_client(&["-ign_eof", "-sess_in", session, "-early_data", "/dev/null"], get);
    assert!(said.contains("Early data was not sent") || said.contains("Early data was rejected"), "{said}");
    assert!(said.contains("Reused, TLSv1.3"), "the session itself is taken up: {said}");
}

#[tokio::test]
async fn an_older_version_is_spoken_only_where_the_policy_says_so_and_only_its_good_part() {
    let keeper = keeper().await;
    let now = keeper.api.get("/policy").await.unwrap();
    let mut policy = now["policy"].clone();
    policy["tls"]["minimum"] = json!("1.2");
    keeper.api.put("/policy", json!({"policy": policy, "revision": now["revision"]})).await.unwrap();
    let tls12 = |cipher: &'static str| keeper.s_client(&["-tls1_2", "-cipher", cipher], "");
    until("TLS 1.2 is spoken", SOON, || async { tls12("DEFAULT").0.then_some(()) }).await.unwrap();
    assert!(tls12("ECDHE-ECDSA-AES256-GCM-SHA384").0);
    for weak in [
        "ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0",
        "AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
        "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0",
    ] {
        assert!(!tls12(weak).0, "{weak}");
    }
    assert!(!keeper.s_client(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "").0);
    // "R" on a line of its own asks to renegotiate: refused, and the server is there for the next.
    let (_, said) = keeper.s_client(&["-tls1_2"], "R\n");
    assert!(said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
    assert!(said.contains("Compression: NONE"), "{said}");
    assert!(tls12("DEFAULT").0);
}

#[tokio::test]
async fn another_certificate_is_shown_without_dropping_a_connection() {
    let keeper = keeper().await;
    let first = keeper.fingerprint().await;
    assert_eq!(keeper.shown(), first);
    let mut stream = keeper.server.api.follow("/live/stream").await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    let wanted = json!({"names": ["127.0.0.1", "gw.example"], "key": "ec_p384", "days": 90});
    let (status, said) = keeper.ask(Method::POST, "/identities/https/self-signed", wanted).await;
    assert_eq!(status, 204, "{said}");
    keeper.shows_what_it_says().await;
    assert_ne!(keeper.shown(), first);
    // What was open goes on: the next words of the stream, and requests on the old connection of this client.
    tokio::time::timeout(SOON, stream.chunk()).await.unwrap().unwrap().unwrap();
    let now = keeper.https().await;
    assert_eq!(now["current"]["certificate"]["key"], "EC P-384");
    assert_eq!(now["current"]["certificate"]["names"], json!(["127.0.0.1", "gw.example"]));
    assert_eq!(now["previous"]["certificate"]["fingerprint"], json!(first));
    // The file beside the data is what a new client needs.
    until("a new client trusts it", SOON, || async { client(&keeper.server.program).get("/setup").await.ok() }).await.unwrap();
    assert_eq!(keeper.ask(Method::POST, "/identities/https/undo", json!({})).await.0, 204);
    keeper.shows_what_it_says().await;
    assert_eq!(keeper.shown(), first);
}

#[tokio::test]
async fn a_request_is_answered_by_an_authority_and_put_to_use() {
    let keeper = keeper().await;
    let wanted = json!({"names": ["127.0.0.1"], "subject": {"organization": "Usine Nord", "country": "FR"}});
    assert_eq!(keeper.ask(Method::POST, "/identities/https/request", wanted).await.0, 204);
    let csr = keeper.https().await["request"]["csr_pem"].as_str().unwrap().to_owned();
    std::fs::write(keeper._dir.path().join("gw.csr"), &csr).unwrap();
    let read = String::from_utf8(keeper.forge.openssl("req -in gw.csr -verify -noout -text", &[]).unwrap()).unwrap();
    assert!(read.contains("IP Address:127.0.0.1") && read.contains("Usine Nord"), "{read}");
    let extensions = "subjectAltName=IP:127.0.0.1\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
        basicConstraints=CA:FALSE\ncrlDistributionPoints=URI:http://crl.example/\n";
    std::fs::write(keeper._dir.path().join("gw.ext"), extensions).unwrap();
    keeper.forge.openssl("ca -batch -notext -config ca.cnf -in gw.csr -out gw.pem -days 90 -extfile gw.ext", &[]).unwrap();
    let chain = format!("{}{}", keeper.forge.read("gw.pem").unwrap(), keeper.forge.authority_pem().unwrap());
    // Somebody else's certificate does not fit the key that waits.
    keeper.forge.certificate("other", Flaw::None).unwrap();
    let other = keeper.forge.read("other.pem").unwrap();
    let (status, found) = keeper.ask(Method::POST, "/identities/https/preview", json!({"pem": other})).await;
    assert_eq!((status, codes(&found)[0], &found["acceptable"]), (200, "key_missing", &json!(false)));
    let (status, refused) = keeper.ask(Method::PUT, "/identities/https", json!({"pem": other})).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("certificate_unfit")));
    let (_, found) = keeper.ask(Method::POST, "/identities/https/preview", json!({"pem": chain})).await;
    assert_eq!((codes(&found), &found["acceptable"]), (vec!["names_differ", "root_included"], &json!(true)), "{found}");
    assert_ne!(keeper.fingerprint().await, found["chain"][0]["fingerprint"].as_str().unwrap(), "a look changes nothing");
    assert_eq!(keeper.ask(Method::PUT, "/identities/https", json!({"pem": chain})).await.0, 204);
    keeper.shows_what_it_says().await;
    let trusting = keeper._dir.path().join("ca.pem");
    let (_, said) = keeper.s_client(&["-CAfile", trusting.to_str().unwrap(), "-verify_ip", "127.0.0.1"], "");
    assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    // It survives a cut, and the key was never in a file or a log.
    let shown = keeper.shown();
    let data = std::path::PathBuf::from(keeper.server.program.ready_text("ca_file"));
    let again = keeper.server.crash_and_restart().await;
    let address = again.program.ready_text("https").trim_start_matches("https://").to_owned();
    let keeper = Keeper { api: client(&again.program), server: again, address, forge: keeper.forge, _dir: keeper._dir };
    assert_eq!(keeper.shown(), shown);
    let names: Vec<_> = std::fs::read_dir(data.parent().unwrap().join("https")).unwrap().collect();
    assert!(names.is_empty(), "{names:?}");
}

#[tokio::test]
async fn pkcs12_of_openssl_is_read_old_and_new_and_nothing_of_it_is_logged() {
    use std::fmt::Write as _;
    let keeper = keeper().await;
    keeper.forge.certificate("gw", Flaw::None).unwrap();
    let passphrase = "Überaus geheim 1";
    let dress = [
        ("new", "", vec!["names_differ", "no_revocation_pointer", "root_included"]),
        (
            "old",
            "-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-3DES -macalg sha1",
            vec!["names_differ", "no_revocation_pointer", "legacy_encryption", "root_included"],
        ),
    ];
    let upload = |name: &str, passphrase: &str| {
        let bytes = std::fs::read(keeper._dir.path().join(name)).unwrap();
        json!({"pkcs12": base64(&bytes), "passphrase": passphrase})
    };
    for (name, options, expected) in dress {
        let words = format!("pkcs12 -export -in gw.pem -inkey gw.key -certfile ca.pem -out {name}.p12 {options}");
        keeper.forge.openssl(&words, &["-passout", &format!("pass:{passphrase}")]).unwrap();
        let file = format!("{name}.p12");
        let (status, refused) = keeper.ask(Method::POST, "/identities/https/preview", upload(&file, "guess")).await;
        assert_eq!((status, &refused["fields"][0]["message_code"]), (422, &json!("upload_passphrase")), "{refused}");
        let (_, found) = keeper.ask(Method::POST, "/identities/https/preview", upload(&file, passphrase)).await;
        assert_eq!((codes(&found), &found["acceptable"]), (expected, &json!(true)), "{found}");
    }
    let (status, said) = keeper.ask(Method::PUT, "/identities/https", upload("new.p12", passphrase)).await;
    assert_eq!(status, 204, "{said}");
    keeper.shows_what_it_says().await;
    let (status, said) = keeper.ask(Method::POST, "/identities/https/preview", json!({"pkcs12": base64(&[0x30; 200])})).await;
    assert_eq!((status, &said["fields"][0]["message_code"]), (422, &json!("upload_unreadable")), "{said}");
    let (status, said) = keeper.ask(Method::POST, "/identities/https/preview", json!({"pkcs12": base64(&vec![0; 70_000])})).await;
    assert_eq!((status, &said["fields"][0]["message_code"]), (422, &json!("upload_too_large")), "{said}");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let (_, said) = keeper.ask(Method::POST, "/identities/https/preview", json!({"pem": encrypted})).await;
    assert_eq!(said["fields"][0]["message_code"], "upload_key_encrypted", "{said}");
    let mut everything = std::fs::read_to_string(&keeper.server.program.log_file).unwrap();
    for path in ["/certificates", "/events?limit=200"] {
        write!(everything, "{}", keeper.api.get(path).await.unwrap()).unwrap();
    }
    let key = keeper.forge.read("gw.key").unwrap();
    assert!(!everything.contains(passphrase) && !everything.contains(key.lines().nth(1).unwrap()));
}

#[tokio::test]
async fn trust_is_kept_per_link_and_lists_must_be_signed_by_it() {
    let keeper = keeper().await;
    let (authority, list) = (keeper.forge.authority_pem().unwrap(), keeper.forge.crl_pem(7).unwrap());
    let crl = json!({"file": base64(list.as_bytes())});
    let (status, refused) = keeper.ask(Method::POST, "/trust/syslog/crls", crl.clone()).await;
    assert_eq!((status, &refused["fields"][0]["message_code"]), (422, &json!("crl_unknown_issuer")));
    let (_, preview) = keeper.ask(Method::POST, "/trust/syslog/preview", json!({"pem": authority})).await;
    assert_eq!(preview["certificates"][0]["acceptable"], true, "{preview}");
    assert_eq!(keeper.ask(Method::POST, "/trust/syslog/authorities", json!({"pem": authority})).await.0, 204);
    assert_eq!(keeper.ask(Method::POST, "/trust/syslog/crls", crl).await.0, 204);
    assert_eq!(keeper.ask(Method::PUT, "/trust/syslog", json!({"crl_required": true})).await.0, 204);
    keeper.forge.certificate("stale", Flaw::Expired).unwrap();
    let (status, refused) =
        keeper.ask(Method::POST, "/trust/syslog/authorities", json!({"pem": keeper.forge.read("stale.pem").unwrap()})).await;
    assert_eq!((status, &refused["fields"][0]["message_code"]), (422, &json!("expired")));
    let all = keeper.api.get("/certificates").await.unwrap();
    let of = |purpose: &str| all["trust"].as_array().unwrap().iter().find(|one| one["purpose"] == purpose).unwrap().clone();
    let (syslog, hub) = (of("syslog"), of("hub"));
    assert_eq!((syslog["authorities"].as_array().unwrap().len(), hub["authorities"].as_array().unwrap().len()), (1, 0));
    assert_eq!((&syslog["crl_required"], &syslog["crls"][0]["overdue"]), (&json!(true), &json!(false)));
    for path in [
        format!("/trust/syslog/crls/{}", syslog["crls"][0]["id"].as_str().unwrap()),
        format!("/trust/syslog/authorities/{}", syslog["authorities"][0]["certificate"]["fingerprint"].as_str().unwrap()),
    ] {
        assert_eq!(keeper.ask(Method::DELETE, &path, json!({})).await.0, 204, "{path}");
        assert_eq!(keeper.ask(Method::DELETE, &path, json!({})).await.0, 404, "{path}");
    }
    // An administrator looks and changes nothing.
    let admin = &keeper.server.api;
    assert!(admin.get("/certificates").await.is_ok());
    let denied = admin.send(Method::POST, "/certificates/identities/https/undo", Some(&json!({}))).await.unwrap();
    assert_eq!(denied.status.as_u16(), 403);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Everything that testssl.sh calls "NOT ok" on a server, without the slow simulation of old clients.
fn testssl(target: &str, more: &[&str]) -> Vec<String> {
    let output = Command::new("testssl")
        .args(["--quiet", "--color", "0", "--warnings", "off", "--ip", "one", "-p", "-s", "-f", "-P", "-S", "-U"])
        .args(more)
        .arg(target)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(" Done "), "{said}");
    said.lines().filter(|line| line.contains("NOT ok")).map(str::to_owned).collect()
}

#[tokio::test]
#[ignore = "takes a minute and a half; make soak runs it"]
async fn testssl_finds_nothing_that_is_not_ok() {
    let keeper = keeper().await;
    let extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
        basicConstraints=CA:FALSE\ncrlDistributionPoints=URI:http://crl.example/\n";
    std::fs::write(keeper._dir.path().join("gw.ext"), extensions).unwrap();
    let key = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout gw.key -out gw.csr -subj /CN=localhost";
    keeper.forge.openssl(key, &[]).unwrap();
    keeper.forge.openssl("ca -batch -notext -config ca.cnf -in gw.csr -out gw.pem -days 90 -extfile gw.ext", &[]).unwrap();
    let parts = ["gw.pem", "ca.pem", "gw.key"].map(|name| keeper.forge.read(name).unwrap());
    assert_eq!(keeper.ask(Method::PUT, "/identities/https", json!({"pem": parts.concat()})).await.0, 204);
    keeper.shows_what_it_says().await;
    let trusted = keeper._dir.path().join("ca.pem");
    let target = keeper.address.replace("127.0.0.1", "localhost");
    let found = testssl(&target, &["--add-ca", trusted.to_str().unwrap()]);
    assert!(found.is_empty(), "{found:#?}");
    // The control: a server with old suites under a certificate of nobody's.
    let poor = keeper.forge.serve(Flaw::OldCipher).unwrap();
    assert!(!testssl(&format!("localhost:{}", poor.port), &[]).is_empty());
}
