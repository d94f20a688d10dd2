//! `haubert-gateway policy …`: the policy at the machine itself, without the running gateway. It is the way back in for whoever
//! has closed every other one, and the only way to close them all.

use super::document::Policy;
use super::keeper::{self, Kept};
use super::services::{REGISTRY, Service};
use super::{file, risk};
use crate::config::Config;
use crate::storage::keyring::Keyring;
use crate::store::events::{NewEvent, Severity, add};
use crate::store::{Db, opening};
use clap::Subcommand;
use haubert_model::Clock;
use haubert_service::clock::SystemClock;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What can be done with the policy at the machine.
#[derive(Debug, Subcommand)]
pub enum PolicyAct {
    /// Checks a policy file and says what is wrong with it.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Prints the policy file's JSON Schema.
    Schema,
    /// Prints the policy in force.
    Show,
    /// Puts the policy of a file in force. The gateway must not run.
    Apply {
        /// The file.
        file: PathBuf,
    },
    /// Puts the policy of a fresh gateway in force. The gateway must not run.
    Reset,
    /// Switches one service on, and takes away the sources named for it. The gateway must not run.
    On {
        /// Its name, such as `web_view`.
        service: String,
    },
    /// Switches one service off. The gateway must not run.
    Off {
        /// Its name.
        service: String,
    },
}

/// Does it.
///
/// # Errors
/// What is wrong with the file, or what keeps the store from being used.
pub fn act(config: &Config, act: PolicyAct, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    match act {
        PolicyAct::Check { file } => {
            read(&file)?;
            Ok(writeln!(out, "{}: good", file.display())?)
        }
        PolicyAct::Schema => Ok(writeln!(out, "{}", serde_json::to_string_pretty(&schemars::schema_for!(Policy))?)?),
        PolicyAct::Show => Ok(write!(out, "{}", file::print(&open(config)?.call_blocking(keeper::load)?.policy))?),
        PolicyAct::Apply { file } => {
            let policy = read(&file)?;
            change(config, out, move |_| policy)
        }
        PolicyAct::Reset => change(config, out, |_| Policy::default()),
        PolicyAct::On { service } => {
            let service = named(&service)?;
            change(config, out, move |mut policy| {
                policy.services.set(service, true);
                policy.services.set_sources(service, Vec::new());
                policy
            })
        }
        PolicyAct::Off { service } => {
            let service = named(&service)?;
            change(config, out, move |mut policy| {
                policy.services.set(service, false);
                policy
            })
        }
    }
}

fn read(path: &Path) -> Result<Policy, Box<dyn Error>> {
    let limit = u64::try_from(file::MAX_BYTES).unwrap_or(u64::MAX);
    let text = haubert_service::files::read_text_bounded(path, limit).map_err(|error| format!("{}: {error}", path.display()))?;
    file::parse(&text).map_err(|fault| format!("{}: {fault}", path.display()).into())
}

fn named(id: &str) -> Result<Service, String> {
    let known = || REGISTRY.iter().map(|entry| entry.service.id()).collect::<Vec<_>>().join(", ");
    Service::of(id).ok_or_else(|| format!("no service is called `{id}`; there are: {}", known()))
}

fn open(config: &Config) -> Result<Db, Box<dyn Error>> {
    let (file, key) = (config.data_dir.join("config.db"), config.data_dir.join("storage.key"));
    if !file.exists() {
        return Err(format!("{} is not there: is this the data folder?", file.display()).into());
    }
    Ok(opening::open(&file, &Keyring::of_process(&key)?)?.db)
}

fn change(config: &Config, out: &mut dyn Write, to: impl FnOnce(Policy) -> Policy) -> Result<(), Box<dyn Error>> {
    let _alone = crate::run::lock(&config.data_dir)?;
    let db = open(config)?;
    let now = SystemClock::new().now();
    let kept = db.call_blocking(|tx| {
        let before = keeper::load(tx)?;
        // What is set here is set by somebody who stands at the machine: no probation.
        let kept = Kept { revision: before.revision.saturating_add(1), policy: to(before.policy), probation: None };
        keeper::save(tx, &kept)?;
        add(tx, &NewEvent::new(now, Severity::Warning, "policy_changed_at_machine", []))?;
        Ok(kept)
    })?;
    if risk::closes_every_way_in(&kept.policy) {
        writeln!(out, "note: no way in is open any more; `policy on web_view` opens one")?;
    }
    Ok(writeln!(out, "in force from the next start on (revision {})", kept.revision)?)
}
