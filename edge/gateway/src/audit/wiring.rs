//! The trail among the other parts: their clock, their alarms, and the receiver that settings, policy and certificates make together.

use super::Audit;
use super::settings::SyslogSettings;
use super::syslog::{self, Events, Receiver, Trail};
use crate::certificates::Certificates;
use crate::certificates::serving::versions;
use crate::certificates::uses::{IdentityUse, TrustUse};
use crate::chronicle::Chronicle;
use crate::clock_watch::ClockWatch;
use crate::policy::{Policies, Policy, Service};
use crate::store::Db;
use crate::topology::Topology;
use haubert_trust::{PeerTrust, TlsError, client_config};
use std::sync::Arc;
use tokio::sync::watch;

/// What the trail needs of the others.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// Time.
    pub clock: Arc<ClockWatch>,
    /// Where alarms go.
    pub chronicle: Chronicle,
    /// What may run.
    pub policy: Policies,
    /// Who is trusted, and what is shown.
    pub certificates: Certificates,
    /// The site's name, under which messages are sent.
    pub topology: watch::Receiver<Arc<Topology>>,
}

/// The receiver that these settings, trust and policy make.
///
/// # Errors
/// [`TlsError`] when they do not fit together.
pub fn receiver(certificates: &Certificates, policy: &Policy, settings: &SyslogSettings) -> Result<Receiver, TlsError> {
    let trust = PeerTrust::Authorities(certificates.authorities(TrustUse::Syslog));
    let identity = if settings.client_certificate { certificates.identity(IdentityUse::Syslog) } else { None };
    let tls = Arc::new(client_config(&trust, identity.as_ref(), versions(policy))?);
    Ok(Receiver { host: settings.host.clone(), port: settings.port, tls })
}

/// Gives the trail its clock and its alarms, and begins to look after it and to send it.
pub fn begin(audit: &Audit, parts: Parts) {
    let Parts { db, clock, chronicle, policy, certificates, topology } = parts;
    let is_set = {
        let clock = Arc::clone(&clock);
        Box::new(move || clock.is_set())
    };
    audit.attach(Arc::<ClockWatch>::clone(&clock), is_set, Box::new(move |event| chronicle.tell(event)));
    tokio::spawn(audit.clone().tend(db.clone()));
    let (bump, changed) = watch::channel(0u64);
    tokio::spawn(follow(bump, audit.follow_settings(), policy.subscribe(), certificates.subscribe()));
    // What is sent to the receiver, when these settings want it.
    let lane = |wants: fn(&SyslogSettings) -> bool| {
        let (audit, policy, certificates) = (audit.clone(), policy.clone(), certificates.clone());
        let wanted = Box::new(move || {
            let settings = audit.settings().syslog;
            if !settings.enabled || !wants(&settings) || !policy.allows(Service::Syslog) {
                return Ok(None);
            }
            receiver(&certificates, &policy.current(), &settings).map(Some)
        });
        syslog::Parts { db: db.clone(), clock: Arc::<ClockWatch>::clone(&clock), wanted, changed: changed.clone() }
    };
    let name = || -> syslog::Name {
        let topology = topology.clone();
        Box::new(move || topology.borrow().site.name.clone())
    };
    tokio::spawn(syslog::work(Trail::new(audit.clone(), name()), lane(|_| true)));
    let events = Events::new(db.clone(), audit.log(), name(), audit.events_sender().clone());
    tokio::spawn(syslog::work(events, lane(|settings| settings.events)));
}

/// Tells that the receiver may have changed, whatever of the three it is made of.
async fn follow<A, B, C>(
    bump: watch::Sender<u64>,
    mut settings: watch::Receiver<A>,
    mut policy: watch::Receiver<B>,
    mut certificates: watch::Receiver<C>,
) {
    loop {
        let changed = tokio::select! {
            changed = settings.changed() => changed,
            changed = policy.changed() => changed,
            changed = certificates.changed() => changed,
            () = bump.closed() => return,
        };
        if changed.is_err() {
            return;
        }
        bump.send_modify(|count| *count += 1);
    }
}
