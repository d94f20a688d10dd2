//! The committed description of the API and table of routes are those of the code.

use crate::support::manifest_file;
use haubert_hub::api::description;

fn check(name: &str, fresh: &str) {
    let path = manifest_file(name);
    if std::env::var_os("HAUBERT_REWRITE").is_some() {
        std::fs::write(&path, fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "{name} is not what the code says; run `make docs`");
}

#[test]
fn committed_openapi_is_fresh() {
    let mut text = description().0.to_pretty_json().unwrap();
    text.push('\n');
    check("openapi.json", &text);
}

#[test]
fn committed_route_table_is_fresh() {
    let (table, shipped) = (description().1, haubert_hub::rights::shipped());
    check("routes.md", &haubert_service::api::routes_markdown("Who may use which route of the hub", &table, &shipped));
    check("permissions.md", &haubert_service::api::rights_markdown("Who may do what at the hub", &table, &shipped));
}

#[test]
fn every_route_is_described_and_has_an_access() {
    let (openapi, table) = description();
    let described: usize = openapi
        .paths
        .paths
        .values()
        .map(|item| [&item.get, &item.post, &item.put, &item.delete, &item.patch].iter().filter(|one| one.is_some()).count())
        .sum();
    assert_eq!(described, table.len());
    let public: Vec<_> = table.iter().filter(|entry| entry.access == "everybody").map(|entry| entry.path.as_str()).collect();
    assert_eq!(
        public,
        [
            "/invitation",
            "/invitation/acceptance",
            "/invitation/journey",
            "/label/{code}",
            "/label/{code}/badge",
            "/session",
            "/session/passkey",
            "/session/passkey/options",
            "/session/provider-code",
            "/session/providers",
            "/session/providers/{provider}/callback",
            "/session/providers/{provider}/journey",
            "/setup",
            "/setup"
        ],
        "nothing else is open to everybody"
    );
}

#[test]
fn committed_configuration_schema_is_fresh() {
    let schema = schemars::schema_for!(haubert_hub::config::Config);
    check("../../docs/config/hub.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

#[test]
fn committed_sample_configuration_is_the_default() {
    let sample = std::fs::read_to_string(manifest_file("../../packaging/haubert-hub.toml")).unwrap();
    let read: haubert_hub::config::Config = toml::from_str(&sample).unwrap();
    assert_eq!(read, haubert_hub::config::Config::default());
}
