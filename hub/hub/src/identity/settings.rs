//! Providers as the configuration names them, and what is wrong with a list of them.

use haubert_model::OrganisationId;
use openidconnect::url::{Host, Url};
use serde::Deserialize;
use std::path::PathBuf;

/// Most providers of a hub.
const MOST: usize = 8;
/// Longest id, in bytes.
const MAX_ID: usize = 32;
/// Longest name, in characters.
const MAX_NAME: usize = 60;

/// Whose second factor counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorBy {
    /// The hub asks for its own, where the account has one.
    #[default]
    Own,
    /// The provider's, when it says so in `amr` or `acr`; else the hub asks for its own, and there must be one.
    Provider,
}

/// Who vouches for people, by OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// Names it in addresses: 1 to 32 of `a-z`, `0-9` and `-`. Its redirect URI is `<public_url>/api/v1/session/providers/<id>/callback`.
    pub id: String,
    /// What the button says, in every language; 1 to 60 characters.
    pub name: String,
    /// Issuer, written exactly as the provider writes it: `https://…` (`http://` on the loopback only).
    pub issuer: String,
    /// What the provider calls this hub.
    pub client_id: String,
    /// File that holds the client's secret and that only the hub's user can read.
    pub client_secret_file: PathBuf,
    /// Only people of this organisation come in by it; without it, everybody who was invited.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub organisation: Option<OrganisationId>,
    /// PEM file with the authorities that vouch for the provider's servers; without it, those of the system.
    #[serde(default)]
    pub trust_anchor_file: Option<PathBuf>,
    /// Whose second factor counts.
    #[serde(default)]
    pub second_factor: SecondFactorBy,
    /// With `second_factor = "provider"`: values of `amr` or `acr` of which one says that there was a second factor, such as `mfa`.
    #[serde(default)]
    pub second_factor_values: Vec<String>,
}

/// The first fault of a list of providers: the key, and what is wrong.
pub(crate) fn fault(providers: &[IdentityProvider]) -> Option<(&'static str, &'static str)> {
    if providers.len() > MOST {
        return Some(("identity_providers", "at most eight"));
    }
    providers.iter().enumerate().find_map(|(at, provider)| {
        let before = providers.iter().take(at);
        fault_of(provider).or_else(|| {
            let mut others = before;
            others.any(|other| other.id == provider.id).then_some(("identity_providers.id", "another provider has this id"))
        })
    })
}

fn fault_of(provider: &IdentityProvider) -> Option<(&'static str, &'static str)> {
    let is_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let by_provider = provider.second_factor == SecondFactorBy::Provider;
    let named = !provider.second_factor_values.is_empty();
    let checks = [
        (
            (1..=MAX_ID).contains(&provider.id.len()) && provider.id.bytes().all(is_slug),
            "identity_providers.id",
            "1 to 32 of a-z, 0-9 and -",
        ),
        (is_plain(&provider.name, MAX_NAME), "identity_providers.name", "1 to 60 characters, none of them a control character"),
        (is_issuer(&provider.issuer), "identity_providers.issuer", "expected https://host/…, without query or fragment"),
        (is_plain(&provider.client_id, 255), "identity_providers.client_id", "1 to 255 characters"),
        (!by_provider || named, "identity_providers.second_factor_values", "name the values of amr or acr that count"),
        (by_provider || !named, "identity_providers.second_factor_values", "only with second_factor = \"provider\""),
    ];
    checks.into_iter().find(|(holds, ..)| !holds).map(|(_, key, message)| (key, message))
}

fn is_plain(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        bare && (url.scheme() == "https" || is_plain_loopback(&url))
    })
}

/// Whether an address is on this machine and unencrypted: what is never on a network needs no TLS.
pub(crate) fn is_plain_loopback(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "http" && here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> IdentityProvider {
        IdentityProvider {
            id: "port".to_owned(),
            name: "Port".to_owned(),
            issuer: "https://id.example/realms/port".to_owned(),
            client_id: "haubert".to_owned(),
            client_secret_file: PathBuf::from("/secret"),
            organisation: None,
            trust_anchor_file: None,
            second_factor: SecondFactorBy::Own,
            second_factor_values: Vec::new(),
        }
    }

    #[test]
    fn each_fault_names_its_key() {
        assert_eq!(fault(&[good(), IdentityProvider { id: "other".to_owned(), ..good() }]), None);
        let key = |provider: IdentityProvider| fault(&[provider]).unwrap().0;
        for id in ["", "Port", "a/b", "a b", &"a".repeat(33)] {
            assert_eq!(key(IdentityProvider { id: id.to_owned(), ..good() }), "identity_providers.id", "{id}");
        }
        for issuer in
            ["http://id.example", "https://id.example/?a=b", "https://u:p@id.example", "ftp://id.example", "id.example", ""]
        {
            assert_eq!(key(IdentityProvider { issuer: issuer.to_owned(), ..good() }), "identity_providers.issuer", "{issuer}");
        }
        for issuer in ["http://127.0.0.1:8080", "http://[::1]:1/x", "http://localhost"] {
            assert_eq!(fault(&[IdentityProvider { issuer: issuer.to_owned(), ..good() }]), None, "{issuer}");
        }
        assert_eq!(key(IdentityProvider { name: "\u{7}".to_owned(), ..good() }), "identity_providers.name");
        assert_eq!(key(IdentityProvider { client_id: String::new(), ..good() }), "identity_providers.client_id");
        let values = "identity_providers.second_factor_values";
        assert_eq!(key(IdentityProvider { second_factor: SecondFactorBy::Provider, ..good() }), values);
        assert_eq!(key(IdentityProvider { second_factor_values: vec!["mfa".to_owned()], ..good() }), values);
        assert_eq!(fault(&[good(), good()]).unwrap().0, "identity_providers.id");
        assert_eq!(fault(&vec![good(); 9]).unwrap().0, "identity_providers");
    }
}
