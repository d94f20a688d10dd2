//! HTTPS with nginx (WebDAV) and Python's own server (POST).

use crate::stage::{Stage, broken, long, password};
use haubert_model::Secret;
use haubert_testkit::file_servers::Brand;
use haubert_testkit::forge::Flaw;
use haubert_transfer::{Content, Https, Method};
use haubert_trust::TlsVersions;

fn server(stage: &Stage, method: Method, path: &str, password: Secret) -> Https {
    let base = format!("https://127.0.0.1:{}/{path}", stage.server.port);
    Https::new(&base, stage.tls(TlsVersions::Tls13), method, Some((stage.server.user.clone(), password))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_whole_and_are_refused_in_words() {
    for (brand, method) in [(Brand::Nginx, Method::Put), (Brand::PythonPost, Method::Post)] {
        let stage = Stage::set(brand, Flaw::None, "").await;
        let session = server(&stage, method, "site/2026", password());
        let (content, whole) = long(100);
        assert_eq!(session.put("a b.csv", "text/csv", content).await.unwrap(), whole.len() as u64, "{brand:?}");
        assert_eq!(stage.server.listed("site/2026")["a b.csv"], whole, "{brand:?}");
        let error = session.put("half.csv", "text/csv", broken()).await.unwrap_err();
        assert_eq!(error.code(), "history_unreadable", "{brand:?}: {error}");
        assert!(!stage.server.listed("site/2026").contains_key("half.csv"), "{brand:?}");
        let error =
            server(&stage, method, "site", Secret::new("wrong".to_owned())).put("c.csv", "text/csv", Content::whole("c")).await;
        let error = error.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("login_refused", "401 Unauthorized"), "{brand:?}");
        if method == Method::Put {
            session.remove("a b.csv").await.unwrap();
            assert!(stage.server.listed("site/2026").is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_the_one_gets_nothing() {
    let stage = Stage::set(Brand::Nginx, Flaw::UnknownAuthority, "").await;
    let error = server(&stage, Method::Put, "", password()).put("a.csv", "text/csv", Content::whole("a")).await.unwrap_err();
    assert_eq!(error.code(), "peer_unknown_authority", "{error}");
    let tls = || stage.tls(TlsVersions::Tls13);
    assert!(Https::new("http://127.0.0.1/", tls(), Method::Put, None).is_err());
    let gone = Https::new("https://127.0.0.1:1/", tls(), Method::Put, None).unwrap();
    assert_eq!(gone.put("a.csv", "text/csv", Content::whole("a")).await.unwrap_err().code(), "connection_ended");
}
