//! Generated documents are committed; a stale one fails here. `make docs` rewrites them.

use haubert_gateway::config::Config;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn check(path: &str, wanted: &str) {
    let file = repository().join(path);
    if std::env::var_os("HAUBERT_REWRITE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == wanted, "{path} is stale: run `make docs`");
}

#[test]
fn committed_openapi_and_route_table_are_fresh() {
    let (openapi, table) = haubert_gateway::api::description();
    check("edge/gateway/openapi.json", &(openapi.to_pretty_json().unwrap() + "\n"));
    check("edge/gateway/routes.md", &haubert_service::api::routes_markdown("Routes of haubert-gateway", &table));
}

#[test]
fn committed_configuration_schema_is_fresh() {
    let schema = schemars::schema_for!(Config);
    check("docs/config/gateway.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

#[test]
fn committed_sample_configuration_is_the_default() {
    assert_eq!(Config::read(&repository().join("packaging/haubert-gateway.toml")).unwrap(), Config::default());
}

#[test]
fn nothing_is_open_to_everybody_but_the_door() {
    let (_, table) = haubert_gateway::api::description();
    let open: Vec<_> =
        table.iter().filter(|route| route.access == "everybody").map(|route| (route.method, route.path.as_str())).collect();
    assert_eq!(open, [("POST", "/session"), ("GET", "/setup"), ("POST", "/setup")]);
}
