//! FTPS with vsftpd, ProFTPD and Pure-FTPd.

use crate::stage::{Stage, broken, long, password};
use haubert_model::Secret;
use haubert_testkit::file_servers::Brand;
use haubert_testkit::forge::Flaw;
use haubert_transfer::{Content, Ftps};
use haubert_trust::TlsVersions;

const ALL: [Brand; 4] = [Brand::Vsftpd, Brand::VsftpdImplicit, Brand::Proftpd, Brand::PureFtpd];

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_whole_one_after_the_other_and_in_place_of_older_ones() {
    for brand in ALL {
        let stage = Stage::set(brand, Flaw::None, "").await;
        let mut session = stage.open(brand).await.unwrap_or_else(|error| panic!("{brand:?}: {error}"));
        session.folder("site/2026").await.unwrap_or_else(|error| panic!("{brand:?}: {error}"));
        // More than one: servers want the session of the first for each.
        for number in 0..8u8 {
            let sent = session.put(&format!("{number}.csv"), Content::whole(vec![number; 1000])).await;
            assert_eq!(sent.unwrap_or_else(|error| panic!("{brand:?}, {number}: {error}")), 1000);
        }
        let (content, whole) = long(100);
        assert_eq!(session.put("7.csv", content).await.unwrap(), whole.len() as u64, "{brand:?}");
        session.remove("6.csv").await.unwrap();
        session.quit().await;
        let listed = stage.server.listed("site/2026");
        assert_eq!(
            listed.keys().cloned().collect::<Vec<_>>(),
            ["0.csv", "1.csv", "2.csv", "3.csv", "4.csv", "5.csv", "7.csv"],
            "{brand:?}"
        );
        assert_eq!((&listed["3.csv"], &listed["7.csv"]), (&vec![3u8; 1000], &whole), "{brand:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_leaves_the_older_file_as_it_was() {
    for brand in ALL {
        let stage = Stage::set(brand, Flaw::None, "").await;
        let mut session = stage.open(brand).await.unwrap();
        session.folder("in").await.unwrap();
        session.put("day.csv", Content::whole("before")).await.unwrap();
        let error = session.put("day.csv", broken()).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("history_unreadable", "the history is damaged"), "{brand:?}");
        assert_eq!(stage.server.listed("in")["day.csv"], b"before", "{brand:?}");
        // What is left of it is written over by the next try.
        let mut session = stage.open(brand).await.unwrap();
        session.folder("in").await.unwrap();
        session.put("day.csv", Content::whole("after")).await.unwrap();
        let listed = stage.server.listed("in");
        assert_eq!((listed.len(), listed["day.csv"].as_slice()), (1, b"after".as_slice()), "{brand:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_the_one_gets_no_password() {
    for (flaw, code) in [
        (Flaw::UnknownAuthority, "peer_unknown_authority"),
        (Flaw::WrongName, "peer_wrong_name"),
        (Flaw::Expired, "peer_expired"),
    ] {
        for brand in [Brand::Vsftpd, Brand::VsftpdImplicit] {
            let stage = Stage::set(brand, flaw, "").await;
            let error = stage.greet(brand, TlsVersions::Tls12).await.err().unwrap();
            assert_eq!(error.code(), code, "{brand:?}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_in_the_servers_words() {
    for brand in ALL {
        let stage = Stage::set(brand, Flaw::None, "").await;
        let mut session = stage.greet(brand, TlsVersions::Tls12).await.unwrap();
        let error = session.login(&stage.server.user, &Secret::new("wrong".to_owned())).await.unwrap_err();
        assert_eq!(error.code(), "login_refused", "{brand:?}: {error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
        let mut session = stage.open(brand).await.unwrap();
        session.folder("in").await.unwrap();
        // A folder in the way of the file.
        std::fs::create_dir_all(stage.server.files.join("in/day.csv.part")).unwrap();
        let error = session.put("day.csv", Content::whole("x")).await.unwrap_err();
        assert_eq!(error.code(), "file_refused", "{brand:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_accepts_and_then_drops_is_told_from_one_that_refuses() {
    let stage = Stage::set(Brand::Vsftpd, Flaw::None, "").await;
    let rude = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = tokio::net::TcpStream::connect(rude.local_addr().unwrap()).await.unwrap();
    drop(rude.accept().await.unwrap());
    let error = Ftps::explicit(stream, "127.0.0.1", stage.tls(TlsVersions::Tls12)).await.err().unwrap();
    assert_eq!(error.code(), "connection_ended", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_3_works_with_those_that_resume_it() {
    let stage = Stage::set(Brand::Vsftpd, Flaw::None, "").await;
    let mut session = stage.greet(Brand::Vsftpd, TlsVersions::Tls12AndLater).await.unwrap();
    session.login(&stage.server.user, &password()).await.unwrap();
    session.put("a.csv", Content::whole("a")).await.unwrap();
    session.put("b.csv", Content::whole("b")).await.unwrap();
    assert_eq!(stage.server.listed("").len(), 2);
}
