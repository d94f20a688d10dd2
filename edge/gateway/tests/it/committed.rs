//! Generated documents are committed; a stale one fails here. `make docs` rewrites them.

use haubert_gateway::config::Config;
use haubert_gateway::policy::{Policy, file};
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
    let shipped = haubert_gateway::rights::shipped();
    check("edge/gateway/routes.md", &haubert_service::api::routes_markdown("Routes of haubert-gateway", &table, &shipped));
    check(
        "edge/gateway/permissions.md",
        &haubert_service::api::rights_markdown("Who may do what at the gateway", &table, &shipped),
    );
}

#[test]
fn committed_configuration_schema_is_fresh() {
    let schema = schemars::schema_for!(Config);
    check("docs/config/gateway.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

#[test]
fn committed_policy_schema_is_fresh_and_knows_what_a_file_has() {
    let schema = schemars::schema_for!(Policy);
    check("docs/config/policy.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    let schema = serde_json::to_value(&schema).unwrap();
    let text = file::print(&Policy::default());
    let printed: toml::Table = toml::from_str(&text).unwrap();
    let known = &schema["properties"];
    assert!(printed.keys().all(|key| known.get(key).is_some()), "{text}");
    let services = &schema["$defs"]["Services"]["properties"];
    assert!(printed["services"].as_table().unwrap().keys().all(|service| services[service]["description"].is_string()));
}

#[test]
fn committed_schema_of_mqtt_documents_is_fresh() {
    let schema = schemars::schema_for!(haubert_mqtt::json::Document);
    check("docs/config/mqtt.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    let schema = schemars::schema_for!(haubert_gateway::outlets::push::Message);
    check("docs/config/push.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

#[test]
fn committed_schema_of_the_links_status_is_fresh() {
    let schema = schemars::schema_for!(haubert_links::Status);
    check("docs/config/link-status.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
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
    let door = [
        ("POST", "/recovery"),
        ("POST", "/session"),
        ("POST", "/session/passkey"),
        ("POST", "/session/passkey/options"),
        ("GET", "/setup"),
        ("POST", "/setup"),
    ];
    assert_eq!(open, door);
}

#[test]
fn committed_answers_to_the_standard_are_fresh() {
    let lines = haubert_gateway::posture::requirements::iec_62443_4_2();
    check("docs/iec-62443-4-2.md", &haubert_gateway::posture::document::markdown(lines));
}

#[test]
fn committed_answers_name_places_and_tests_that_are_there() {
    use haubert_gateway::posture::requirements::{Stance, iec_62443_4_2, technical_note};
    let sources = sources();
    let mut wrong = Vec::new();
    for line in iec_62443_4_2().iter().chain(technical_note()) {
        if matches!(line.stance, Stance::Met | Stance::MetByConfiguration) && line.tests.is_empty() {
            wrong.push(format!("{}: said to be met, shown by nothing", line.id));
        }
        if let Some(place) = &line.place
            && !repository().join(place).exists()
        {
            wrong.push(format!("{}: no {place}", line.id));
        }
        for test in &line.tests {
            let (name, written) = (format!("fn {test}("), format!("'{test}'"));
            if !sources.iter().any(|text| text.contains(&name) || text.contains(&written)) {
                wrong.push(format!("{}: no test {test}", line.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Text of every Rust file and browser scene.
fn sources() -> Vec<String> {
    let listed =
        std::process::Command::new("git").args(["ls-files", "*.rs", "web/e2e/tests/*.ts"]).current_dir(repository()).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    listed.lines().filter_map(|path| std::fs::read_to_string(repository().join(path)).ok()).collect()
}
