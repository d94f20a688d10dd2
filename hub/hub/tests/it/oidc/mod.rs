//! Sign-in by an identity provider: who comes in, and what a provider that lies gets.

mod issuer;

use crate::people::invited;
use crate::support::*;
use haubert_hub::identity::SecondFactorBy;
use haubert_model::{Clock as _, Secret};
use haubert_trust::TotpSecret;
use issuer::{Issuer, Lie, depart, follow, sign_in};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A hub with one provider.
async fn with_provider(by: SecondFactorBy) -> (TestHub, Issuer) {
    let issuer = Issuer::start().await;
    let mut provider = issuer.settings();
    provider.second_factor = by;
    if by == SecondFactorBy::Provider {
        provider.second_factor_values = vec!["mfa".to_owned()];
    }
    (TestHub::start_with(|config| config.identity_providers = vec![provider]).await, issuer)
}

/// Links the identity that the provider has now to the account of `person`; gives the page that it ends on.
async fn link(hub: &TestHub, issuer: &Issuer, person: &Person) -> String {
    let at = depart(person, "/account/identities", json!({"provider": "port", "password": PASSWORD})).await;
    follow(person, issuer.visit(hub, &at)).await
}

/// Ana with her identity linked, and somebody else's browser.
async fn linked(by: SecondFactorBy) -> (TestHub, Issuer, Person) {
    let (hub, issuer) = with_provider(by).await;
    let ana = hub.coordinator().await;
    assert_eq!(link(&hub, &issuer, &ana).await, "/account?linked=port");
    (hub, issuer, ana)
}

/// From nobody to somebody and back. Runs on both engines.
pub(crate) async fn an_owner_links_an_identity_comes_in_by_it_and_unlinks_it(hub: &TestHub, issuer: &Issuer) {
    let ana = hub.coordinator().await;
    let browser = hub.nobody();
    let offered = browser.get("/session/providers").await;
    assert_eq!(offered["items"], json!([{"id": "port", "name": "Port of Grand-Estuaire"}]), "nothing else is told");
    assert_eq!(sign_in(hub, issuer, &browser).await, "/?refused=identity_unknown");
    assert_eq!(browser.problem(Method::GET, "/session", None).await.1, "not_signed_in");

    let wrong = Some(json!({"provider": "port", "password": "wrong"}));
    let refused = ana.problem(Method::POST, "/account/identities", wrong).await.2;
    assert_eq!(refused["fields"][0]["message_code"], "password_wrong");
    assert_eq!(link(hub, issuer, &ana).await, "/account?linked=port");
    assert_eq!(link(hub, issuer, &ana).await, "/account?refused=identity_taken");
    let own = ana.get("/account/identities").await;
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!((&own["items"][0]["label"], &own["items"][0]["last_used_at"]), (&json!("<b>léa</b>"), &Value::Null));
    assert!(!own.to_string().contains("lea-at-the-port"), "the subject stays here");

    assert_eq!(sign_in(hub, issuer, &browser).await, "/");
    assert_eq!(browser.get("/session").await["user"], "ana");
    let sessions = browser.get("/account/sessions").await;
    let by: Vec<&Value> = sessions["items"].as_array().unwrap().iter().map(|session| &session["provider"]).collect();
    assert_eq!(by, [&Value::Null, &json!("Port of Grand-Estuaire")], "each says how it began");
    assert!(browser.get("/account/identities").await["items"][0]["last_used_at"].is_string());
    assert_eq!(browser.send(Method::DELETE, "/session", None).await.status(), StatusCode::NO_CONTENT);
    issuer.script(|script| script.subject = "somebody-else".to_owned());
    assert_eq!(
        sign_in(hub, issuer, &browser).await,
        "/?refused=identity_unknown",
        "the same name and mail are not the same person"
    );
    issuer.script(|script| script.subject = "lea-at-the-port".to_owned());
    assert_eq!(sign_in(hub, issuer, &browser).await, "/");

    let path = format!("/account/identities/{}/removal", own["items"][0]["id"].as_str().unwrap());
    let stranger = invited(hub, &ana, "ève", "auditor", None).await;
    let password = json!({"password": PASSWORD});
    assert_eq!(stranger.problem(Method::POST, &path, Some(password.clone())).await.0, 404);
    let wrong = ana.problem(Method::POST, &path, Some(json!({"password": "wrong"}))).await;
    assert_eq!(wrong.0, 422);
    assert_eq!(ana.send(Method::POST, &path, Some(password)).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(browser.problem(Method::GET, "/session", None).await.1, "not_signed_in", "sessions elsewhere ended");
    assert_eq!(sign_in(hub, issuer, &browser).await, "/?refused=identity_unknown");
}

#[tokio::test]
async fn a_linked_identity_opens_the_account_and_an_unlinked_one_nothing() {
    let (hub, issuer) = with_provider(SecondFactorBy::Own).await;
    an_owner_links_an_identity_comes_in_by_it_and_unlinks_it(&hub, &issuer).await;
}

#[tokio::test]
async fn it_is_the_same_on_postgresql() {
    let cluster = haubert_testkit::Cluster::start().unwrap();
    let issuer = Issuer::start().await;
    let url = cluster.database("oidc").unwrap();
    let mut hub = TestHub::start_with(|config| {
        config.database_url = Secret::new(url);
        config.identity_providers = vec![issuer.settings()];
    })
    .await;
    an_owner_links_an_identity_comes_in_by_it_and_unlinks_it(&hub, &issuer).await;
    hub.stop().await;
}

#[tokio::test]
async fn an_invitation_is_taken_up_without_a_password_and_one_can_be_chosen_later() {
    let (hub, issuer) = with_provider(SecondFactorBy::Own).await;
    let ana = hub.coordinator().await;
    let token = ana.created("/invitations", json!({"profile": "auditor"})).await["token"].clone();
    let lea = hub.nobody();
    let offer: Value = lea.send(Method::POST, "/invitation", Some(json!({"token": token}))).await.json().await.unwrap();
    assert_eq!(offer["providers"][0]["id"], "port");
    let body = |user: &str, provider: &str| json!({"token": token, "user": user, "provider": provider});
    let taken = lea.problem(Method::POST, "/invitation/journey", Some(body("ana", "port"))).await;
    assert_eq!(taken.1, "name_taken");
    let unknown = lea.problem(Method::POST, "/invitation/journey", Some(body("léa", "nowhere"))).await;
    assert_eq!(unknown.2["fields"][0]["field"], "provider");
    // Two at once: one of them makes the account.
    let (one, two) = (
        depart(&lea, "/invitation/journey", body("léa", "port")).await,
        depart(&lea, "/invitation/journey", body("léo", "port")).await,
    );
    assert_eq!(follow(&lea, issuer.visit(&hub, &one)).await, "/");
    let session = lea.get("/session").await;
    assert_eq!(
        (&session["user"], &session["profile"], &session["has_password"]),
        (&json!("léa"), &json!("auditor"), &json!(false))
    );
    assert_eq!(follow(&hub.nobody(), issuer.visit(&hub, &two)).await, "/?refused=provider_state", "of another browser");
    assert_eq!(follow(&lea, issuer.visit(&hub, &two)).await, "/?refused=not_invited");

    for password in ["", "x"] {
        let tried = json!({"user": "léa", "password": password});
        assert_eq!(hub.nobody().problem(Method::POST, "/session", Some(tried)).await.1, "wrong_credentials");
    }
    let identity = lea.get("/account/identities").await["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/account/identities/{identity}/removal");
    let nothing = || Some(json!({"password": ""}));
    assert_eq!(lea.problem(Method::POST, &path, nothing()).await.1, "last_way_in");
    // Whoever finds the browser open a little later does nothing of the kind.
    hub.clock.advance(11 * 60_000);
    assert_eq!(lea.problem(Method::POST, &path, nothing()).await.1, "sign_in_again");
    let choice = || Some(json!({"old": "", "new": "Sextant-Bollard-22"}));
    assert_eq!(lea.problem(Method::PUT, "/account/password", choice()).await.1, "sign_in_again");
    assert_eq!(sign_in(&hub, &issuer, &lea).await, "/");
    assert_eq!(lea.send(Method::PUT, "/account/password", choice()).await.status(), StatusCode::OK);
    assert_eq!(lea.get("/session").await["has_password"], true);
    let wrong = lea.problem(Method::POST, &path, nothing()).await;
    assert_eq!(wrong.0, 422, "from now on the password is asked for");
    let right = Some(json!({"password": "Sextant-Bollard-22"}));
    assert_eq!(lea.send(Method::POST, &path, right).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn every_lie_of_a_provider_is_found_out() {
    let (hub, issuer, _) = linked(SecondFactorBy::Own).await;
    let lies = [
        (Lie::Nonce, "token_nonce"),
        (Lie::NoNonce, "token_nonce"),
        (Lie::Audience, "token_audience"),
        (Lie::MoreAudiences, "token_audience"),
        (Lie::Party, "token_audience"),
        (Lie::Issuer, "token_issuer"),
        (Lie::Expired, "token_expired"),
        (Lie::Unsigned, "token_signature"),
        (Lie::SharedKey, "token_signature"),
        (Lie::StrangersKey, "token_signature"),
        (Lie::UnknownKey, "token_signature"),
        (Lie::AccessTokenHash, "token_unfit"),
        (Lie::Crooked, "token_unfit"),
        (Lie::NoToken, "token_unfit"),
        (Lie::RefusesCode, "provider_code"),
        (Lie::Redirect, "token_unfit"),
        (Lie::Endless, "token_unfit"),
        (Lie::Slow, "provider_unavailable"),
    ];
    for (lie, code) in lies {
        issuer.lies(lie);
        let browser = hub.nobody();
        assert_eq!(sign_in(&hub, &issuer, &browser).await, format!("/?refused={code}"), "{lie:?}");
        assert_eq!(browser.problem(Method::GET, "/session", None).await.1, "not_signed_in", "{lie:?}");
    }
    issuer.lies(Lie::None);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/", "the same provider when it tells the truth");
}

#[tokio::test]
async fn a_provider_that_says_nonsense_of_itself_gets_nobody() {
    for lie in [Lie::OtherIssuer, Lie::EndlessMetadata, Lie::RedirectedMetadata, Lie::PlainAddress] {
        let (hub, issuer) = with_provider(SecondFactorBy::Own).await;
        issuer.lies(lie);
        let (status, code, _) = hub.nobody().problem(Method::POST, "/session/providers/port/journey", Some(json!({}))).await;
        assert_eq!((status, code.as_str()), (503, "provider_unavailable"), "{lie:?}");
        for _ in 0..5 {
            hub.nobody().problem(Method::POST, "/session/providers/port/journey", Some(json!({}))).await;
        }
        assert_eq!(issuer.script(|script| script.asked), 1, "{lie:?}: it is left in peace for a moment");
        issuer.lies(Lie::None);
        hub.clock.advance(5_000);
        depart(&hub.nobody(), "/session/providers/port/journey", json!({})).await;
    }
}

#[tokio::test]
async fn a_way_back_is_good_once_for_the_browser_that_went_and_its_provider() {
    let issuer = Issuer::start().await;
    let mut second = issuer.settings();
    second.id = "second".to_owned();
    let hub = TestHub::start_with(|config| config.identity_providers = vec![issuer.settings(), second]).await;
    let ana = hub.coordinator().await;
    assert_eq!(link(&hub, &issuer, &ana).await, "/account?linked=port");
    let lost = "/?refused=provider_state";

    let browser = hub.nobody();
    let back = issuer.visit(&hub, &depart(&browser, "/session/providers/port/journey", json!({})).await);
    assert_eq!(follow(&hub.nobody(), back.clone()).await, lost, "a browser that began nothing");
    let eve = hub.nobody();
    depart(&eve, "/session/providers/port/journey", json!({})).await;
    assert_eq!(follow(&eve, back.clone()).await, lost, "a browser that began something else");
    assert_eq!(follow(&browser, back.clone()).await, "/");
    let given = issuer.script(|script| script.given);
    assert_eq!(follow(&browser, back.clone()).await, lost, "once");
    assert_eq!(issuer.script(|script| script.given), given, "nothing was asked for");

    let back = issuer.visit(&hub, &depart(&browser, "/session/providers/port/journey", json!({})).await);
    let mixed = back.as_str().replace("/providers/port/", "/providers/second/").parse().unwrap();
    assert_eq!(follow(&browser, mixed).await, lost, "of another provider");
    for query in ["", "?state=x", "?code=good", "?error=access_denied"] {
        let mut bare = back.clone();
        bare.set_query(Some(query.trim_start_matches('?')));
        assert_eq!(follow(&browser, bare).await, lost, "{query}");
    }
    let mut named = issuer.visit(&hub, &depart(&browser, "/session/providers/port/journey", json!({})).await);
    named.query_pairs_mut().append_pair("iss", "https://id.example");
    assert_eq!(follow(&browser, named).await, "/?refused=token_issuer", "another issuer says that it sends");
}

#[tokio::test]
async fn what_a_provider_says_when_it_refuses_comes_back_as_a_code_of_ours() {
    let (hub, issuer, _) = linked(SecondFactorBy::Own).await;
    for (said, code) in [
        ("access_denied", "provider_access_denied"),
        ("login_required", "provider_login_required"),
        ("temporarily_unavailable", "provider_unavailable"),
        ("<script>alert(1)</script>", "provider_refused"),
        ("\r\nset-cookie: a=b", "provider_refused"),
        ("//evil.example", "provider_refused"),
    ] {
        let browser = hub.nobody();
        let mut back = issuer.visit(&hub, &depart(&browser, "/session/providers/port/journey", json!({})).await);
        let state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        back.query_pairs_mut()
            .clear()
            .append_pair("error", said)
            .append_pair("error_description", said)
            .append_pair("state", &state);
        assert_eq!(follow(&browser, back).await, format!("/?refused={code}"), "{said}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_for_each_token() {
    let (hub, issuer, _) = linked(SecondFactorBy::Own).await;
    assert_eq!(issuer.script(|script| script.asked), 1, "what a provider says is kept");
    issuer.rotate("second");
    hub.clock.advance(31_000);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/");
    assert_eq!(issuer.script(|script| script.asked), 2);
    issuer.lies(Lie::UnknownKey);
    for _ in 0..4 {
        assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=token_signature");
    }
    assert_eq!(issuer.script(|script| script.asked), 2, "at most twice a minute");
}

/// The id of the account of this name.
async fn id_of(ana: &Person, user: &str) -> String {
    let all = ana.get("/accounts").await;
    let found = all["items"].as_array().unwrap().iter().find(|account| account["user"] == user).cloned();
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_closed_account_and_one_of_another_organisation_do_not_come_in() {
    let (mut hub, issuer) = with_provider(SecondFactorBy::Own).await;
    let ana = hub.coordinator().await;
    let company =
        async |name: &str| ana.created("/organisations", json!({"name": name, "kind": "logistics"})).await["id"].clone();
    let (own, other) = (company("Transit Estuaire").await, company("Quai Sud").await);
    let lea = invited(&hub, &ana, "léa", "member", Some(&own)).await;
    assert_eq!(link(&hub, &issuer, &lea).await, "/account?linked=port");
    let path = format!("/accounts/{}", id_of(&ana, "léa").await);
    let change = |enabled: bool| Some(json!({"profile": "member", "organisation_id": own, "enabled": enabled}));
    assert_eq!(ana.send(Method::PUT, &path, change(false)).await.status(), StatusCode::OK);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=account_closed");
    assert_eq!(ana.send(Method::PUT, &path, change(true)).await.status(), StatusCode::OK);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/");

    // From now on the provider is another company's.
    hub.stop().await;
    hub.config.identity_providers[0].organisation = Some(other.as_str().unwrap().parse().unwrap());
    hub.restart().await;
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=organisation_not_served");
    let offered = async |organisation: &Value| {
        let made = json!({"profile": "member", "organisation_id": organisation});
        let token = ana.created("/invitations", made).await["token"].clone();
        let offer = hub.nobody().send(Method::POST, "/invitation", Some(json!({"token": token}))).await;
        let count = offer.json::<Value>().await.unwrap()["providers"].as_array().unwrap().len();
        let journey = json!({"token": token, "user": "zoé", "provider": "port"});
        (count, hub.nobody().send(Method::POST, "/invitation/journey", Some(journey)).await.status().as_u16())
    };
    assert_eq!((offered(&own).await, offered(&other).await), ((0, 422), (1, 200)));
    // Whoever is removed takes their identities along.
    assert_eq!(ana.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=identity_unknown");
}

#[tokio::test]
async fn locks_hold_for_who_comes_by_a_provider_too() {
    let (hub, issuer, _) = linked(SecondFactorBy::Own).await;
    for _ in 0..3 {
        hub.nobody().problem(Method::POST, "/session", Some(json!({"user": "ana", "password": "wrong"}))).await;
    }
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=too_many_attempts");
}

#[tokio::test]
async fn a_session_that_has_ended_links_nothing() {
    let (hub, issuer) = with_provider(SecondFactorBy::Own).await;
    let ana = hub.coordinator().await;
    let at = depart(&ana, "/account/identities", json!({"provider": "port", "password": PASSWORD})).await;
    assert_eq!(ana.send(Method::DELETE, "/session", None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(follow(&ana, issuer.visit(&hub, &at)).await, "/account?refused=not_signed_in");
    assert_eq!(sign_in(&hub, &issuer, &ana).await, "/?refused=identity_unknown");
}

/// Sets up an app that makes codes; gives its secret.
async fn add_app(hub: &TestHub, person: &Person) -> TotpSecret {
    let offer = person.send(Method::POST, "/account/totp", Some(json!({"password": PASSWORD}))).await;
    let offer: Value = offer.json().await.unwrap();
    let secret = TotpSecret::from_base32(&offer["secret"].as_str().unwrap().replace(' ', "")).unwrap();
    let code = secret.code_at(hub.clock.now());
    let confirmation = json!({"ceremony": offer["ceremony"], "code": code.expose()});
    let done = person.send(Method::POST, "/account/totp/confirmation", Some(confirmation)).await;
    assert_eq!(done.status(), StatusCode::OK);
    hub.clock.advance(60_000);
    secret
}

#[tokio::test]
async fn the_hubs_own_second_factor_is_asked_for_after_the_provider() {
    let (hub, issuer, ana) = linked(SecondFactorBy::Own).await;
    let secret = add_app(&hub, &ana).await;
    // What the provider asked for counts for nothing here.
    issuer.script(|script| script.amr = vec!["mfa"]);
    let browser = hub.nobody();
    let page = sign_in(&hub, &issuer, &browser).await;
    let ceremony = page.strip_prefix("/?ceremony=").unwrap_or_else(|| panic!("{page}"));
    assert_eq!(browser.problem(Method::GET, "/session", None).await.1, "not_signed_in");
    let answer = |code: &str| Some(json!({"ceremony": ceremony, "code": code}));
    let right = secret.code_at(hub.clock.now());
    let stranger = hub.nobody().problem(Method::POST, "/session/provider-code", answer(right.expose())).await;
    assert_eq!(stranger.1, "ceremony_over", "of another browser");
    assert_eq!(browser.problem(Method::POST, "/session/provider-code", answer("")).await.1, "second_factor_required");
    assert_eq!(browser.problem(Method::POST, "/session/provider-code", answer("000000")).await.1, "wrong_code");
    let done = browser.send(Method::POST, "/session/provider-code", answer(right.expose())).await;
    assert_eq!(done.status(), StatusCode::OK);
    assert_eq!(browser.get("/session").await["user"], "ana");
    hub.clock.advance(60_000);
    let next = secret.code_at(hub.clock.now());
    assert_eq!(browser.problem(Method::POST, "/session/provider-code", answer(next.expose())).await.1, "ceremony_over", "once");
}

#[tokio::test]
async fn a_providers_second_factor_counts_only_when_it_says_so() {
    let (hub, issuer, ana) = linked(SecondFactorBy::Provider).await;
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=provider_factor_missing", "neither here nor there");
    issuer.script(|script| script.amr = vec!["pwd"]);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/?refused=provider_factor_missing");
    let token = ana.created("/invitations", json!({"profile": "auditor"})).await["token"].clone();
    let lea = hub.nobody();
    issuer.script(|script| script.subject = "zoe".to_owned());
    let journey = json!({"token": token, "user": "zoé", "provider": "port"});
    let at = depart(&lea, "/invitation/journey", journey).await;
    assert_eq!(follow(&lea, issuer.visit(&hub, &at)).await, "/?refused=provider_factor_missing");
    issuer.script(|script| script.subject = "lea-at-the-port".to_owned());
    issuer.script(|script| script.amr = vec!["pwd", "mfa"]);
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/");
    add_app(&hub, &ana).await;
    assert_eq!(sign_in(&hub, &issuer, &hub.nobody()).await, "/", "one second factor is enough");
    issuer.script(|script| script.amr = Vec::new());
    let page = sign_in(&hub, &issuer, &hub.nobody()).await;
    assert!(page.starts_with("/?ceremony="), "the own one is asked for: {page}");
}
