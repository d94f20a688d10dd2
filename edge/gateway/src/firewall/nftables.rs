//! The kernel's rules: one table of ours, written as nft's JSON (libnftables-json(5)). Nothing outside that table is touched.
//!
//! The document deletes and makes the table in one transaction, so that there is no moment without rules. What it holds:
//! blocked sources as sets whose elements run out by themselves; per source a rate of new connections and a number of
//! connections, as the guard's own; each listener with who may reach it; and, when asked, nothing else.

use super::settings::Kernel;
use haubert_guard::{Listener, ListenerRule, Network, Settings, Source, Transport};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Family of the table.
pub const FAMILY: &str = "inet";
/// Name of the table.
pub const TABLE: &str = "haubert";
/// Sources whose rates the kernel follows at a time.
const MAX_FOLLOWED: u32 = 65_535;
/// After so many seconds the kernel forgets a source's rate.
const FORGOTTEN: u32 = 60;
/// Pings answered per second, of all sources together.
const PINGS: u32 = 20;

/// What the rules are made of.
pub(super) struct Input<'a> {
    pub(super) limits: &'a Settings,
    pub(super) kernel: &'a Kernel,
    pub(super) listeners: &'a BTreeMap<String, Listener>,
    /// With the seconds that are left.
    pub(super) blocked: BTreeMap<Source, u64>,
}

fn add(kind: &str, body: Value) -> Value {
    let mut object = json!({"family": FAMILY, "table": TABLE});
    if let (Some(object), Value::Object(body)) = (object.as_object_mut(), body) {
        object.extend(body);
    }
    json!({"add": {kind: object}})
}

fn rule(expressions: Vec<Value>) -> Value {
    add("rule", json!({"chain": "input", "expr": expressions}))
}

fn equal(left: Value, right: Value) -> Value {
    json!({"match": {"op": "==", "left": left, "right": right}})
}

fn payload(protocol: &str, field: &str) -> Value {
    json!({"payload": {"protocol": protocol, "field": field}})
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ip" } else { "ip6" }
}

/// `{ … }` of networks of one family.
fn networks<'a>(list: impl Iterator<Item = &'a Network>, of: &str) -> Option<Value> {
    let parts = list.map(|network| network.parts()).filter(|(address, _)| family(*address) == of);
    let items: Vec<Value> = parts.map(|(address, len)| json!({"prefix": {"addr": address.to_string(), "len": len}})).collect();
    (!items.is_empty()).then(|| json!({"set": items}))
}

/// The whole document.
pub(super) fn document(input: &Input<'_>) -> Value {
    let mut commands = vec![
        // Adding first makes deleting possible whether there was one or not.
        json!({"add": {"table": {"family": FAMILY, "name": TABLE}}}),
        json!({"delete": {"table": {"family": FAMILY, "name": TABLE}}}),
        json!({"add": {"table": {"family": FAMILY, "name": TABLE}}}),
    ];
    let policy = if input.kernel.default_deny && input.limits.enabled { "drop" } else { "accept" };
    let chain = json!({"name": "input", "type": "filter", "hook": "input", "prio": 0, "policy": policy});
    for (set, kind) in [("blocked4", "ipv4_addr"), ("blocked6", "ipv6_addr")] {
        commands.push(add("set", json!({"name": set, "type": kind, "flags": ["timeout", "interval"]})));
    }
    for (source, seconds) in &input.blocked {
        let (address, set) = (source.address(), if source.address().is_ipv4() { "blocked4" } else { "blocked6" });
        let value = if address.is_ipv4() {
            json!(address.to_string())
        } else {
            json!({"prefix": {"addr": address.to_string(), "len": 64}})
        };
        let element = json!({"elem": {"val": value, "timeout": (*seconds).max(1)}});
        commands.push(add("element", json!({"name": set, "elem": [element]})));
    }
    commands.push(add("chain", chain));
    commands.extend(rules(input));
    json!({"nftables": commands})
}

fn rules(input: &Input<'_>) -> Vec<Value> {
    let (drop, accept) = (json!({"drop": null}), json!({"accept": null}));
    let state = |states: &[&str]| json!({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": states}});
    let mut rules = vec![
        rule(vec![equal(json!({"meta": {"key": "iifname"}}), json!("lo")), accept.clone()]),
        rule(vec![equal(payload("ip", "saddr"), json!("@blocked4")), drop.clone()]),
        rule(vec![equal(payload("ip6", "saddr"), json!("@blocked6")), drop.clone()]),
        rule(vec![state(&["invalid"]), drop.clone()]),
        rule(vec![state(&["established", "related"]), accept.clone()]),
        rule(vec![
            equal(payload("icmpv6", "type"), json!({"set": ["nd-neighbor-solicit", "nd-neighbor-advert", "nd-router-advert"]})),
            accept.clone(),
        ]),
        rule(vec![
            equal(json!({"meta": {"key": "l4proto"}}), json!({"set": ["icmp", "ipv6-icmp"]})),
            json!({"limit": {"rate": PINGS, "burst": PINGS, "per": "second"}}),
            accept.clone(),
        ]),
        // Answers to the machine's own DHCP requests come from addresses that it did not ask.
        rule(vec![equal(payload("udp", "sport"), json!(67)), equal(payload("udp", "dport"), json!(68)), accept.clone()]),
    ];
    for (name, listener) in input.listeners {
        // Who listens on loopback only is reached through it, which is open.
        if !listener.address.ip().is_loopback() {
            rules.extend(of_listener(input, name, *listener));
        }
    }
    for (protocol, ports) in [("tcp", &input.kernel.open_tcp), ("udp", &input.kernel.open_udp)] {
        if !ports.is_empty() {
            rules.push(rule(vec![equal(payload(protocol, "dport"), json!({"set": ports})), accept.clone()]));
        }
    }
    rules
}

fn of_listener(input: &Input<'_>, name: &str, listener: Listener) -> Vec<Value> {
    let lists: Option<&ListenerRule> = input.limits.listeners.get(name);
    let protocol = if listener.transport == Transport::Tcp { "tcp" } else { "udp" };
    let port = || equal(payload(protocol, "dport"), json!(listener.address.port()));
    let (drop, accept) = (json!({"drop": null}), json!({"accept": null}));
    let mut rules = Vec::new();
    for (version, suffix) in [("ip", "4"), ("ip6", "6")] {
        let source = || payload(version, "saddr");
        if let Some(denied) = lists.and_then(|lists| networks(lists.deny.iter(), version)) {
            rules.push(rule(vec![port(), equal(source(), denied), drop.clone()]));
        }
        if let Some(lists) = lists.filter(|lists| !lists.allow.is_empty()) {
            let allowed = networks(lists.allow.iter(), version);
            let family = equal(json!({"meta": {"key": "nfproto"}}), json!(if version == "ip" { "ipv4" } else { "ipv6" }));
            rules.push(match allowed {
                Some(allowed) => {
                    let other = json!({"match": {"op": "!=", "left": source(), "right": allowed}});
                    rule(vec![port(), other, drop.clone()])
                }
                None => rule(vec![port(), family, drop.clone()]),
            });
        }
        if !input.limits.enabled || listener.transport == Transport::Udp {
            continue;
        }
        // A source of IPv6 is a network of 64 bits.
        let key = || match version {
            "ip" => source(),
            _ => json!({"&": [source(), "ffff:ffff:ffff:ffff::"]}),
        };
        // Not a named set of the flag `dynamic`: the JSON of nft 1.0.6 (Debian 12) does not know that flag.
        let meter = |kind: &str, key: Value, statement: Value| {
            let name = format!("{kind}{suffix}_{name}");
            json!({"meter": {"name": name, "key": key, "size": MAX_FOLLOWED, "stmt": statement}})
        };
        let fresh = || json!({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}});
        let rate = input.limits.requests_per_second;
        let burst = rate.saturating_mul(input.limits.burst_seconds);
        let limit = json!({"limit": {"rate": rate, "burst": burst, "per": "second", "inv": true}});
        rules.push(rule(vec![
            port(),
            fresh(),
            meter("fast", json!({"elem": {"val": key(), "timeout": FORGOTTEN}}), limit),
            drop.clone(),
        ]));
        // As many again as the guard allows: of those it closes the idlest, which the kernel cannot.
        let most = input.limits.connections_per_source.saturating_mul(2);
        let count = json!({"ct count": {"val": most, "inv": true}});
        rules.push(rule(vec![port(), fresh(), meter("many", key(), count), drop.clone()]));
    }
    rules.push(rule(vec![port(), accept]));
    rules
}

/// Whether a document touches our table and nothing else.
///
/// # Errors
/// What in it does.
pub fn check(document: &Value) -> Result<(), String> {
    let commands = document.get("nftables").and_then(Value::as_array).ok_or("not a document of nftables")?;
    let top = document.as_object().map_or(0, serde_json::Map::len);
    if top != 1 {
        return Err("more than a list of commands".to_owned());
    }
    for (at, command) in commands.iter().enumerate() {
        let fault = |said: &str| format!("command {}: {said}", at + 1);
        let one = |value: &Value| {
            value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next().map(|(k, v)| (k.clone(), v.clone())))
        };
        let (verb, object) = one(command).ok_or_else(|| fault("not one command"))?;
        let (kind, body) = one(&object).ok_or_else(|| fault("not one object"))?;
        let is = |key: &str, wanted: &str| body.get(key).and_then(Value::as_str) == Some(wanted);
        let ours = is("family", FAMILY)
            && match kind.as_str() {
                "table" => is("name", TABLE) && matches!(verb.as_str(), "add" | "delete"),
                "set" | "element" | "chain" | "rule" => is("table", TABLE) && verb == "add",
                _ => false,
            };
        if !ours {
            return Err(fault(&format!("`{verb} {kind}` touches something else than table {FAMILY} {TABLE}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kernel: &Kernel, limits: &Settings) -> Value {
        let listener = Listener { transport: Transport::Tcp, address: "0.0.0.0:443".parse().unwrap() };
        let listeners = BTreeMap::from([("https".to_owned(), listener)]);
        let blocked = [("192.0.2.7", 60), ("2001:db8::1", 5)];
        let blocked = blocked.map(|(text, left)| (Source::of(text.parse().unwrap()), left)).into();
        document(&Input { limits, kernel, listeners: &listeners, blocked })
    }

    #[test]
    fn what_is_written_passes_the_check_and_says_who_is_blocked() {
        let text = input(&Kernel::default(), &Settings::default());
        check(&text).unwrap();
        let text = text.to_string();
        assert!(text.contains("192.0.2.7") && text.contains("2001:db8::") && text.contains("\"policy\":\"drop\""), "{text}");
    }

    #[test]
    fn documents_that_touch_anything_else_are_refused() {
        let with = |command: Value| json!({"nftables": [command]});
        for other in [
            json!({"flush": {"ruleset": null}}),
            json!({"delete": {"table": {"family": "inet", "name": "filter"}}}),
            json!({"delete": {"table": {"family": "ip", "name": "haubert"}}}),
            json!({"add": {"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": []}}}),
            json!({"add": {"table": {"family": "inet", "name": "haubert"}}, "flush": {"ruleset": null}}),
            json!({"add": {"table": {"family": "inet", "name": "haubert"}, "chain": {}}}),
            json!({"add": {"ct helper": {"family": "inet", "table": "haubert"}}}),
            json!("flush"),
        ] {
            assert!(check(&with(other.clone())).is_err(), "{other}");
        }
        assert!(check(&json!({"nftables": [], "more": 1})).is_err());
        assert!(check(&json!([])).is_err());
    }
}
