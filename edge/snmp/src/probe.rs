//! A manager of our own, for the test button: it comes by the network as any other, and tells what it met.

use crate::credentials::Credentials;
use crate::mib::{Group, Leaf, OBJECTS, SYSTEM};
use crate::notify::without_wrapping;
use async_snmp::{Client, Error, Oid, Retry, UdpHandle, UsmConfig, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Patience with each step.
const PATIENCE: Duration = Duration::from_secs(5);
/// Values that are read one after the other.
const VALUES: usize = 3;

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probed {
    /// To find the agent, and to be let in as this user.
    Enter,
    /// To read devices.
    Devices,
    /// To read what they measure.
    Measures,
    /// To ask without encryption, which must be refused.
    Unprotected,
    /// To write, which must be refused.
    Write,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep {
    /// What was tried.
    pub tried: Probed,
    /// What came back, or code and words of why nothing did.
    pub outcome: Result<String, (&'static str, String)>,
}

fn told(error: &Error) -> (&'static str, String) {
    let code = match without_wrapping(error) {
        Error::Timeout { .. } => "no_answer",
        Error::Report { .. } | Error::Auth { .. } | Error::Snmp { .. } => "refused",
        Error::Network { .. } => "unreachable",
        _ => "failed",
    };
    (code, without_wrapping(error).to_string())
}

/// A listener on every address is reached on the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

async fn connect(address: SocketAddr, config: UsmConfig) -> Result<Client<UdpHandle>, Box<Error>> {
    Client::builder(address, config).request_timeout(PATIENCE).retry(Retry::none()).connect().await
}

/// Goes to the agent at `address` as `user`, and ends with the first step that leads nowhere.
pub async fn probe(address: SocketAddr, user: &Credentials) -> Vec<ProbeStep> {
    let mut steps = Vec::new();
    // What fails is noted among the steps.
    let _ = try_all(reachable(address), user, &mut steps).await;
    steps
}

async fn try_all(address: SocketAddr, user: &Credentials, steps: &mut Vec<ProbeStep>) -> Option<()> {
    let mut note = |tried, outcome: Result<String, (&'static str, String)>| {
        let went_well = outcome.is_ok();
        steps.push(ProbeStep { tried, outcome });
        went_well.then_some(())
    };
    let config = match user.config() {
        Ok(config) => config,
        Err(error) => return note(Probed::Enter, Err(("failed", error.to_string()))),
    };
    let client = match connect(address, config).await {
        Ok(client) => client,
        Err(error) => return note(Probed::Enter, Err(told(&error))),
    };
    note(Probed::Enter, description(&client).await.map(|text| format!("{} · {text}", user.user())))?;
    note(Probed::Devices, some_of(&client, Group::Device, Leaf::DeviceName).await)?;
    note(Probed::Measures, some_of(&client, Group::Measure, Leaf::MeasureText).await)?;
    let unprotected = match connect(address, UsmConfig::new(user.user().to_owned())).await {
        Ok(client) => description(&client).await,
        Err(error) => Err(told(&error)),
    };
    note(Probed::Unprotected, refused(unprotected))?;
    let contact = Oid::from_slice(&[&SYSTEM[..], &[4, 0]].concat());
    let written = client.set(&contact, Value::from("nobody")).await.map(|_| String::new()).map_err(|error| told(&error));
    note(Probed::Write, refused(written))
}

/// A refusal is what was wanted.
fn refused(outcome: Result<String, (&'static str, String)>) -> Result<String, (&'static str, String)> {
    match outcome {
        Err(("refused", words)) => Ok(words),
        Err(other) => Err(other),
        Ok(words) => Err(("let_in", words)),
    }
}

async fn description(client: &Client<UdpHandle>) -> Result<String, (&'static str, String)> {
    let name = Oid::from_slice(&[&SYSTEM[..], &[1, 0]].concat());
    let answer = client.get(&name).await.map_err(|error| told(&error))?;
    let value = answer.single().and_then(|bind| bind.value.as_str().map(str::to_owned));
    value.ok_or_else(|| ("failed", "an answer without a value".to_owned()))
}

/// The first values of a column.
async fn some_of(client: &Client<UdpHandle>, group: Group, leaf: Leaf) -> Result<String, (&'static str, String)> {
    let Some(column) = OBJECTS.iter().find(|object| object.group == group && object.leaf == leaf) else {
        return Ok(String::new());
    };
    let (first, mut values) = (Oid::from(column.oid()), Vec::new());
    let mut at = first.clone();
    while values.len() < VALUES {
        let answer = client.get_next(&at).await.map_err(|error| told(&error))?;
        let Some(bind) = answer.single().filter(|bind| bind.oid.starts_with(&first)) else { break };
        values.push(bind.value.as_str().unwrap_or_default().to_owned());
        at = bind.oid.clone();
    }
    Ok(values.join(" · "))
}
