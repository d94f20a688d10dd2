//! SFTP with OpenSSH (a key) and asyncssh (a password).

use crate::stage::{Stage, broken, long, password};
use haubert_model::Secret;
use haubert_testkit::file_servers::Brand;
use haubert_testkit::forge::Flaw;
use haubert_transfer::{Content, HostKey, Proof, Sftp, SshKey, TransferError};

fn key() -> SshKey {
    SshKey::new(&[7; 32])
}

async fn open(stage: &Stage, proof: &Proof) -> Result<Sftp, TransferError> {
    let mut session = Sftp::greet(stage.reach().await, &HostKey(Some(stage.server.host_key.clone()))).await?;
    session.login(&stage.server.user, proof).await?;
    Ok(session)
}

fn peers() -> [(Brand, Proof); 2] {
    [(Brand::OpenSsh, Proof::Key(key())), (Brand::AsyncSsh, Proof::Password(password()))]
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_whole_and_in_place_of_older_ones() {
    for (brand, proof) in peers() {
        let stage = Stage::set(brand, Flaw::None, &key().public_line("test")).await;
        let mut session = open(&stage, &proof).await.unwrap_or_else(|error| panic!("{brand:?}: {error}"));
        session.folder("site/2026").await.unwrap();
        session.put("a.csv", Content::whole("before")).await.unwrap();
        let (content, whole) = long(100);
        assert_eq!(session.put("a.csv", content).await.unwrap(), whole.len() as u64);
        let error = session.put("a.csv", broken()).await.unwrap_err();
        assert_eq!(error.code(), "history_unreadable");
        session.put("b.csv", Content::whole("b")).await.unwrap();
        session.remove("b.csv").await.unwrap();
        session.quit().await;
        let listed = stage.server.listed("site/2026");
        assert_eq!(listed["a.csv"], whole, "{brand:?}");
        assert!(!listed.contains_key("b.csv"), "{brand:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_key_gets_nothing_and_is_named() {
    for (brand, _) in peers() {
        let stage = Stage::set(brand, Flaw::None, "").await;
        for known in [None, Some("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())] {
            match Sftp::greet(stage.reach().await, &HostKey(known)).await.err().unwrap() {
                TransferError::HostKey { shown } => assert_eq!(shown, stage.server.host_key),
                other => panic!("{brand:?}: {other}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told() {
    for (brand, _) in peers() {
        let stage = Stage::set(brand, Flaw::None, &key().public_line("test")).await;
        for proof in [Proof::Password(Secret::new("wrong".to_owned())), Proof::Key(SshKey::new(&[8; 32]))] {
            let error = open(&stage, &proof).await.err().unwrap();
            assert_eq!(error.code(), "login_refused", "{brand:?}: {error}");
        }
    }
    let stage = Stage::set(Brand::OpenSsh, Flaw::None, &key().public_line("test")).await;
    let mut session = open(&stage, &Proof::Key(key())).await.unwrap();
    std::fs::create_dir(stage.server.files.join("day.csv.part")).unwrap();
    let error = session.put("day.csv", Content::whole("x")).await.unwrap_err();
    assert_eq!(error.code(), "file_refused", "{error}");
    std::fs::write(stage.server.files.join("in"), "a file").unwrap();
    assert_eq!(session.folder("in/it").await.unwrap_err().code(), "folder_refused");
}

#[test]
fn a_key_is_kept_as_text() {
    let (key, text) = (key(), key().text().unwrap());
    assert_eq!(SshKey::from_text(&text).unwrap().public_line("quay"), key.public_line("quay"));
    assert!(key.public_line("quay").starts_with("ssh-ed25519 ") && key.public_line("quay").ends_with(" quay"));
    assert!(SshKey::from_text(&Secret::new("no key".to_owned())).is_none());
    assert!(!format!("{key:?}").contains("ssh"));
}
