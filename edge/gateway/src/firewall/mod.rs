//! The gateway's firewall: the settings as stored, the guard that applies them, what it tells, and the rules for the kernel.
//!
//! The guard decides in the program itself, on every machine (ADR 18). Where an operator has installed the unit that may, the
//! kernel is given the same rules as a file, so that it drops a flood before the program sees it.

mod kernel;
pub mod loaded;
mod nftables;
mod settings;
mod telling;

pub use nftables::{FAMILY, TABLE, check as check_rules};
pub use settings::{BACNET, FirewallSettings, HTTPS, Kernel, MODBUS_SECURED, MODBUS_SERVER, SNMP};

use crate::chronicle::Chronicle;
use crate::policy::{Policies, Policy};
use crate::store::{Db, StoreError, settings as stored};
use haubert_guard::{Guard, Network, Settings};
use haubert_model::Clock;
use haubert_service::shutdown::Shutdown;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use telling::Teller;
use tokio::sync::{mpsc, watch};

/// Name of the stored settings.
const SETTING: &str = "firewall";
/// Time between two looks for blocks that are over and rules that have changed.
const LOOK: Duration = Duration::from_secs(1);
/// News that may wait to be told.
const WAITING: usize = 1_024;

/// What the firewall needs of the gateway.
pub struct Parts {
    /// Configuration.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where events are told.
    pub chronicle: Chronicle,
    /// Who may come in by the policy.
    pub policy: Policies,
    /// File for the kernel's rules.
    pub rules_file: PathBuf,
}

/// The firewall; clones share it.
#[derive(Clone)]
pub struct Firewall {
    guard: Guard,
    settings: watch::Sender<Arc<FirewallSettings>>,
    rules: Arc<kernel::RulesFile>,
}

impl Firewall {
    /// Opens it with the settings as stored, and keeps it at work until `shutdown`.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn open(parts: Parts, shutdown: Shutdown) -> Result<Self, StoreError> {
        let settings: FirewallSettings = parts.db.call(|tx| stored::get(tx, SETTING)).await?.unwrap_or_default();
        let (ear, news) = mpsc::channel(WAITING);
        let first = effective(&settings, &parts.policy.current());
        let guard = Guard::new(first, Arc::clone(&parts.clock), move |item| {
            // Beyond what may wait, the counters tell.
            let _full = ear.try_send(item);
        });
        let rules = Arc::new(kernel::RulesFile::new(parts.rules_file));
        let firewall = Self { guard, settings: watch::Sender::new(Arc::new(settings)), rules };
        let teller = Teller::new(parts.clock, parts.chronicle);
        tokio::spawn(firewall.clone().work(parts.policy, teller, news, shutdown));
        Ok(firewall)
    }

    /// What decides.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The settings as stored.
    pub fn settings(&self) -> Arc<FirewallSettings> {
        Arc::clone(&self.settings.borrow())
    }

    /// How the kernel stands to the rules that were written for it.
    pub fn kernel(&self) -> loaded::Kernel {
        self.rules.kernel()
    }

    /// The file with the kernel's rules.
    pub fn rules_file(&self) -> PathBuf {
        self.rules.path()
    }

    /// To be called when the listeners of the start are open: from then on the kernel's rules are written.
    pub fn settle(&self) {
        self.rules.settle();
    }

    /// Stores other settings and puts them in force.
    ///
    /// # Errors
    /// When they cannot be stored; then the old ones hold.
    pub async fn change(&self, db: &Db, policy: &Policy, settings: FirewallSettings) -> Result<(), StoreError> {
        let kept = settings.clone();
        db.call(move |tx| stored::set(tx, SETTING, &kept)).await?;
        self.guard.configure(effective(&settings, policy));
        self.settings.send_replace(Arc::new(settings));
        Ok(())
    }

    async fn work(
        self,
        policies: Policies,
        mut teller: Teller,
        mut news: mpsc::Receiver<haubert_guard::News>,
        shutdown: Shutdown,
    ) {
        let mut looks = tokio::time::interval(LOOK);
        let mut policy = policies.subscribe();
        let mut stopped = std::pin::pin!(shutdown.wait());
        loop {
            tokio::select! {
                () = &mut stopped => break,
                Some(item) = news.recv() => teller.tell(item),
                changed = policy.changed() => match changed {
                    Ok(()) => {
                        let now = Arc::clone(&policy.borrow_and_update());
                        self.guard.configure(effective(&self.settings(), &now));
                    }
                    Err(_) => break,
                },
                _ = looks.tick() => {
                    self.guard.sweep();
                    teller.rest();
                    self.rules.keep(&self.guard, &self.settings()).await;
                }
            }
        }
    }
}

/// Where the kernel's rules are written: the runtime folder that systemd gives, or else the data folder.
pub fn rules_file(data_dir: &Path) -> PathBuf {
    let runtime = std::env::var_os("RUNTIME_DIRECTORY").and_then(|dirs| std::env::split_paths(&dirs).next());
    runtime.unwrap_or_else(|| data_dir.to_owned()).join("nftables.json")
}

/// The limits with the policy's word on who may reach each listener.
fn effective(settings: &FirewallSettings, policy: &Policy) -> Settings {
    let mut limits = settings.limits.clone();
    for (name, services) in settings::LISTENERS {
        let Some(admitted) = policy.admitted_sources(services) else { continue };
        let rule = limits.listeners.entry((*name).to_owned()).or_default();
        if admitted.is_empty() {
            // Nobody: an empty list would be everybody.
            rule.deny.extend(settings::EVERYBODY.iter().filter_map(|network| network.parse::<Network>().ok()));
        }
        rule.allow = admitted;
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Service;

    #[test]
    fn the_policy_says_who_may_reach_the_listener() {
        let mut policy = Policy::default();
        let admits = |policy: &Policy, address: &str| {
            let settings = effective(&FirewallSettings::default(), policy);
            settings.listeners.get(HTTPS).is_none_or(|rule| rule.admits(address.parse().unwrap()))
        };
        assert!(admits(&policy, "192.0.2.1") && admits(&policy, "2001:db8::1"));
        policy.services.set(Service::LocalApi, false);
        policy.services.set_sources(Service::WebView, vec!["10.0.0.0/8".parse().unwrap()]);
        assert!(admits(&policy, "10.1.2.3") && !admits(&policy, "192.0.2.1"));
        policy.services.set(Service::WebView, false);
        assert!(!admits(&policy, "10.1.2.3") && !admits(&policy, "2001:db8::1"));
    }
}
