//! Who may use which route of the hub: every route is tried for every profile and for nobody (scoreboard, line 19).

use crate::support::*;
use haubert_hub::rights::PROFILES;
use haubert_hub::store::Store;
use haubert_service::door::{Account, AccountStore as _, new_user_id};
use haubert_testkit::access::{self, Pair, Route};
use serde_json::{Value, json};

/// An account of each profile.
async fn with_accounts(hub: &TestHub) {
    let store = Store::open_sqlite(&hub.config.data_dir.join("hub.sqlite3")).await.unwrap();
    let hash = haubert_trust::hash_password(&haubert_model::Secret::new(PASSWORD.to_owned())).unwrap();
    let account = |profile: &str| Account {
        id: new_user_id().unwrap(),
        name: profile.to_owned(),
        profile: profile.to_owned(),
        password_hash: hash.clone(),
        password_changed_at: haubert_model::Clock::now(&*hub.clock),
        password_given: false,
        enabled: true,
    };
    assert!(store.create_first(PROFILES.map(account).to_vec()).await.unwrap());
    store.close().await;
}

async fn tried(person: &Person, route: &Route) -> (u16, String) {
    let unfit = json!({"this is no body that": "a route takes"});
    let body = (route.method != "GET").then_some(unfit);
    let answer = person.send(route.method.parse().unwrap(), &route.concrete(), body).await;
    let status = answer.status();
    // The body of a good answer may never end.
    if status.is_success() {
        return (status.as_u16(), String::new());
    }
    let problem: Value = answer.json().await.unwrap_or_default();
    (status.as_u16(), problem["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_route_of_the_hub_answers_each_profile_as_the_table_says() {
    let mut hub = TestHub::start().await;
    hub.stop().await;
    with_accounts(&hub).await;
    hub.restart().await;
    let mut people = vec![(None, hub.nobody())];
    for profile in PROFILES {
        let person = hub.nobody();
        let sign_in = json!({"user": profile, "password": PASSWORD});
        assert_eq!(person.send(reqwest::Method::POST, "/session", Some(sign_in)).await.status(), 200, "{profile}");
        people.push((Some(profile.to_owned()), person));
    }
    let mut table = access::routes(&std::fs::read_to_string(manifest_file("routes.md")).unwrap());
    // What ends the session that asks comes last.
    table.sort_by_key(|route| route.method == "DELETE" && route.path == "/session");
    let mut found = Vec::new();
    for (at, route) in table.iter().enumerate() {
        for (profile, person) in &people {
            let (status, code) = tried(person, route).await;
            found.push(Pair { route: at, profile: profile.clone(), let_in: !access::is_refused(status, &code) });
        }
    }
    let wrong = access::differences(&table, &found);
    let figure = format!("{} of {} pairs as the table says, {} routes", found.len() - wrong.len(), found.len(), table.len());
    haubert_score::record("19.hub", wrong.is_empty(), figure);
    let (changes, unseen) = access::unseen_changes(&table, &found);
    haubert_score::record(
        "19.hub-changed-table",
        unseen == 0,
        format!("{} of {changes} changes of the table in one place found out", changes - unseen),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.len() > 600, "only {}", found.len());
    assert_eq!(unseen, 0);
}
