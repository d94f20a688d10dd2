//! One of the two listeners: plain, and for masters with a certificate.

use super::desk::Parts;
use super::site::Site;
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::firewall::{MODBUS_SECURED, MODBUS_SERVER};
use crate::policy::listeners::{Open, Opened, Protocol};
use crate::policy::{Policy, Service};
use haubert_modbus_server::{Counters, Patience, Running, serve, serve_secured};
use haubert_model::Clock;
use haubert_service::https;
use haubert_trust::{Authorities, Fingerprint, Identity, TlsVersions, server_config_for};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;

/// How a listener stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody switched it on.
    Off,
    /// The security policy has it off.
    Forbidden,
    /// The program is not what was signed: nothing is handed out.
    Closed,
    /// It serves.
    Open(SocketAddr),
    /// No authority is believed that could vouch for a master.
    Nobody,
    /// It cannot listen.
    Failed(String),
}

/// What a secured conversation is held by: whoever came in under another is asked anew.
#[derive(PartialEq, Eq)]
struct Terms {
    shown: Fingerprint,
    authorities: Authorities,
    versions: TlsVersions,
}

struct Serving {
    running: Running,
    terms: Option<Terms>,
    _opened: Opened,
}

/// A listener, open or not.
pub(super) struct Door {
    secured: bool,
    listen: SocketAddr,
    serving: Option<Serving>,
}

impl Door {
    pub(super) const fn plain(listen: SocketAddr) -> Self {
        Self { secured: false, listen, serving: None }
    }

    pub(super) const fn secured(listen: SocketAddr) -> Self {
        Self { secured: true, listen, serving: None }
    }

    const fn service(&self) -> Service {
        if self.secured { Service::ModbusSecured } else { Service::ModbusServer }
    }

    /// Opens or closes it, as it is wanted and the policy says.
    pub(super) async fn arrange(
        &mut self,
        wanted: bool,
        rules: &Policy,
        parts: &Parts,
        site: &Arc<Site>,
        counters: &Counters,
    ) -> Standing {
        let off = match (wanted, rules.allows(self.service()), parts.boot.outlets_allowed()) {
            (false, ..) => Some(Standing::Off),
            (_, false, _) => Some(Standing::Forbidden),
            (.., false) => Some(Standing::Closed),
            (true, true, true) => None,
        };
        if let Some(off) = off {
            self.close().await;
            return off;
        }
        let shown = if self.secured { identity(&parts.certificates) } else { None };
        let terms = shown.as_ref().map(|(shown, identity)| {
            let authorities = parts.certificates.authorities(TrustUse::Modbus);
            (Terms { shown: *shown, authorities, versions: versions(rules) }, identity)
        });
        if terms.as_ref().is_some_and(|(terms, _)| terms.authorities.certificates.is_empty()) {
            self.close().await;
            return Standing::Nobody;
        }
        if let Some(serving) = &self.serving {
            if serving.terms.as_ref() == terms.as_ref().map(|(terms, _)| terms) {
                return Standing::Open(serving.running.address);
            }
            self.close().await;
        }
        match self.open(terms, parts, site, counters) {
            Ok(address) => Standing::Open(address),
            Err(why) => Standing::Failed(why),
        }
    }

    /// Closes it, and ends whoever is there.
    pub(super) async fn close(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.running.stop().await;
        }
    }

    fn open(
        &mut self,
        terms: Option<(Terms, &Identity)>,
        parts: &Parts,
        site: &Arc<Site>,
        counters: &Counters,
    ) -> Result<SocketAddr, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let listener = https::bind(self.listen).map_err(|error| said(&error))?;
        let name = if self.secured { MODBUS_SECURED } else { MODBUS_SERVER };
        let gate = https::gate(parts.firewall.guard(), name, &listener).map_err(|error| said(&error))?;
        let clock: Arc<dyn Clock> = Arc::clone(&parts.clock) as Arc<dyn Clock>;
        let (site, counters, patience) = (Arc::clone(site), counters.clone(), Patience::default());
        let (terms, running) = match terms {
            None => (None, serve(listener, gate, site, patience, counters, clock)),
            Some((terms, identity)) => {
                let config = server_config_for(identity, &terms.authorities, terms.versions).map_err(|error| said(&error))?;
                // Other terms open the door anew.
                let (_, config) = watch::channel(Arc::new(config));
                (Some(terms), serve_secured(listener, gate, config, site, patience, counters, clock))
            }
        };
        let running = running.map_err(|error| said(&error))?;
        let address = running.address;
        let services: &[Service] = if self.secured { &[Service::ModbusSecured] } else { &[Service::ModbusServer] };
        let open = Open { services, protocol: Protocol::Tcp, address, opened_by: name };
        self.serving = Some(Serving { running, terms, _opened: parts.listeners.opened(open) });
        Ok(address)
    }
}

/// Who the secured server says it is: as it was given, or as the HTTPS server.
pub(super) fn identity(certificates: &Certificates) -> Option<(Fingerprint, Identity)> {
    let state = certificates.now();
    let kept = state.current(IdentityUse::Modbus).or_else(|| state.current(IdentityUse::Https))?;
    Some((kept.info.fingerprint, kept.identity.clone()))
}
