//! Who may use which route of a real gateway: every route is tried for every profile, for nobody and with a given password
//! (scoreboard, line 19, and what a given password is good for: line 20).

use crate::people::{keeper, person};
use crate::stage::{self, SOON, client};
use haubert_testkit::access::{self, Pair, Route};
use haubert_testkit::{Api, until};
use reqwest::Method;
use serde_json::json;

const PROFILES: [&str; 4] = ["user", "advanced_user", "admin", "cyber_security"];

/// The committed table. What ends the session that asks comes last, and what closes everybody's connections before it.
fn table() -> Vec<Route> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../edge/gateway/routes.md");
    let mut table = access::routes(&std::fs::read_to_string(file).unwrap());
    table.sort_by_key(|route| match (route.method.as_str(), route.path.as_str()) {
        ("POST", "/storage/rotate") => 1,
        ("DELETE", "/session") => 2,
        _ => 0,
    });
    table
}

/// Tries one route with ids that are nobody's and a body that no route takes; gives status and code.
async fn tried(api: &Api, route: &Route) -> (u16, String) {
    let unfit = json!({"this is no body that": "a route takes"});
    let method: Method = route.method.parse().unwrap();
    let body = (method != Method::GET).then_some(&unfit);
    api.knock(method, &route.concrete(), body).await.unwrap_or_else(|error| panic!("{} {}: {error}", route.method, route.path))
}

#[tokio::test]
async fn every_route_answers_each_profile_as_the_table_says() {
    let gateway = stage::gateway().await;
    let keeper = keeper(&gateway.program).await;
    let mut people = vec![(None, client(&gateway.program))];
    for profile in PROFILES {
        let name = format!("{profile}.test");
        people.push((Some(profile.to_owned()), person(&gateway.program, &keeper, &name, profile).await));
    }
    let table = table();
    let mut found = Vec::new();
    for (at, route) in table.iter().enumerate() {
        for (profile, api) in &people {
            let (status, code) = tried(api, route).await;
            found.push(Pair { route: at, profile: profile.clone(), let_in: !access::is_refused(status, &code) });
            if route.path == "/storage/rotate" && status < 300 {
                until("it serves again", SOON, || async { keeper.get("/session").await.ok() }).await.unwrap();
            }
        }
    }
    let wrong = access::differences(&table, &found);
    let figure = format!("{} of {} pairs as the table says, {} routes", found.len() - wrong.len(), found.len(), table.len());
    haubert_score::record("19.gateway", wrong.is_empty(), figure);
    let (changes, unseen) = access::unseen_changes(&table, &found);
    let figure = format!("{} of {changes} changes of the table in one place found out", changes - unseen);
    haubert_score::record("19.changed-table", unseen == 0, figure);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.len() > 700, "only {}", found.len());
    assert_eq!(unseen, 0);
}

/// A password that somebody else gave opens nothing but the way to an own one.
#[tokio::test]
async fn a_given_password_is_good_for_changing_it_and_for_nothing_else() {
    /// Who am I, what must a password be, sign out, change: and what everybody may.
    const MAY: [(&str, &str); 7] = [
        ("GET", "/about"),
        ("GET", "/account"),
        ("GET", "/account/second-factors"),
        ("GET", "/account/sessions"),
        ("GET", "/session"),
        ("PUT", "/account/password"),
        ("DELETE", "/session"),
    ];
    let gateway = stage::gateway().await;
    let keeper = keeper(&gateway.program).await;
    let (mut tries, mut wrong) = (0, Vec::new());
    for profile in PROFILES {
        let made = keeper.post("/accounts", json!({"user": format!("{profile}.new"), "profile": profile})).await.unwrap();
        let api = client(&gateway.program);
        api.sign_in(&format!("{profile}.new"), made["one_time_password"].as_str().unwrap()).await.unwrap();
        for route in table().iter().filter(|route| route.access != "everybody") {
            let may = MAY.contains(&(route.method.as_str(), route.path.as_str()));
            let (status, code) = tried(&api, route).await;
            tries += 1;
            if access::is_refused(status, &code) == may {
                wrong.push(format!("{} {} as {profile}: {status} {code}", route.method, route.path));
            }
        }
    }
    let figure =
        format!("{} of {tries} tries as they must be: all refused but {} routes about itself", tries - wrong.len(), MAY.len());
    haubert_score::record("20.given-password", wrong.is_empty(), figure);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The control: the same account with a password of its own.
    let owner = person(&gateway.program, &keeper, "owner", "admin").await;
    let opened = open_to(&owner, table().iter().filter(|route| route.method == "GET" && route.lets_in(Some("admin")))).await;
    haubert_score::record(
        "20.own-password",
        opened > MAY.len(),
        format!("{opened} routes to look open with a password of one's own"),
    );
    assert!(opened > MAY.len(), "{opened}");
}

async fn open_to<'r>(api: &Api, routes: impl Iterator<Item = &'r Route>) -> usize {
    let mut open = 0;
    for route in routes {
        let (status, code) = tried(api, route).await;
        open += usize::from(!access::is_refused(status, &code));
    }
    open
}

/// Before anybody has set the gateway up, there is nothing to use but the set-up: no password opens anything.
#[tokio::test]
async fn before_the_set_up_nothing_answers() {
    let dir = tempfile::tempdir().unwrap();
    let data = stage::text(&dir.path().join("data"));
    let arguments = ["--data-dir".to_owned(), data, "--listen".to_owned(), "127.0.0.1:0".to_owned()];
    let program = haubert_testkit::Program::start("haubert-gateway", "fresh", dir.path(), &arguments).await.unwrap();
    let api = client(&program);
    let mut open = Vec::new();
    let table = table();
    for route in table.iter().filter(|route| route.access != "everybody") {
        let (status, code) = tried(&api, route).await;
        if !access::is_refused(status, &code) {
            open.push(format!("{} {}: {status} {code}", route.method, route.path));
        }
    }
    for (user, password) in
        [("admin", "admin"), ("admin", "Admin"), ("root", "root"), ("security", "security"), ("cyber", "cyber")]
    {
        if api.sign_in(user, password).await.is_ok() {
            open.push(format!("{user}/{password}"));
        }
    }
    haubert_score::record(
        "20.before-set-up",
        open.is_empty(),
        format!("{} ways in by {} routes and 5 usual passwords", open.len(), table.len()),
    );
    assert!(open.is_empty(), "{open:?}");
    drop(program);
}
