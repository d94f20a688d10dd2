//! The security policy, changed as its keeper would.

use crate::{Answer, Api};
use reqwest::Method;
use serde_json::{Value, json};

/// Changes the policy in force, and confirms where the gateway asks for it. `security` is signed in as Cyber security.
///
/// # Errors
/// What the gateway refused, in words.
pub async fn change(security: &Api, change: impl FnOnce(&mut Value)) -> Result<(), String> {
    let answer = propose(security, 120, change).await?;
    let state = answer.ok()?;
    if state["probation"].is_object() {
        security.post("/policy/confirmation", json!({"revision": state["revision"]})).await?;
    }
    Ok(())
}

/// Changes the policy in force, and leaves it to be confirmed within so many seconds where the gateway asks for it.
///
/// # Errors
/// When no answer comes; a refusal is an answer.
pub async fn propose(security: &Api, within_s: u32, change: impl FnOnce(&mut Value)) -> Result<Answer, String> {
    let state = security.get("/policy").await?;
    let mut policy = state["policy"].clone();
    change(&mut policy);
    let body = json!({"revision": state["revision"], "policy": policy, "confirm_within_s": within_s});
    security.send(Method::PUT, "/policy", Some(&body)).await.map_err(|error| error.to_string())
}

/// Switches one service.
///
/// # Errors
/// What the gateway refused, in words.
pub async fn switch(security: &Api, service: &str, on: bool) -> Result<(), String> {
    change(security, |policy| policy["services"][service]["enabled"] = on.into()).await
}
