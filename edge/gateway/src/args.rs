//! The command line.

use crate::config::Config;
use crate::policy::cli::PolicyAct;
use clap::{Args, Parser, Subcommand};
use haubert_model::Timestamp;
use haubert_update::Slot;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Reads meters, keeps their history, shows it, and hands it on.
#[derive(Debug, Parser)]
#[command(name = "haubert-gateway", version)]
pub struct Cli {
    /// What to do; runs the gateway when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run.
    #[command(flatten)]
    pub run: Run,
}

/// Other things that the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks a configuration file and says what is wrong with it.
    CheckConfig {
        /// The file.
        file: PathBuf,
    },
    /// Prints the configuration file's JSON Schema.
    ConfigSchema,
    /// Checks device profiles: files, or folders of them.
    CheckProfiles {
        /// Files or folders.
        paths: Vec<PathBuf>,
    },
    /// Shuts itself in as for a run, then tries what must not be possible; prints one JSON line for each attempt.
    #[command(hide = true)]
    SandboxProbe {
        /// A readable file that the gateway has no business with.
        #[arg(long, default_value = "/etc/passwd")]
        foreign: PathBuf,
        /// A free port that is not the gateway's.
        #[arg(long)]
        port: u16,
    },
    /// The security policy at the machine itself: the way back in when every other one is closed (give `--data-dir` or
    /// `--config` before this word).
    Policy {
        /// What to do.
        #[command(subcommand)]
        act: PolicyAct,
    },
    /// Prints a code that lets whoever has it in as Cyber security, once, within an hour: for when nobody can sign in any more
    /// (give `--data-dir` or `--config` before this word). The gateway may run meanwhile.
    RecoverAccess,
    /// Looks after the storage key of a data folder, or destroys everything in it (give `--data-dir` or `--config` before this word).
    Storage {
        /// What to do.
        #[command(subcommand)]
        act: crate::storage::cli::Act,
    },
    /// Makes, checks or restores encrypted backups of a data folder (give `--data-dir` or `--config` before this word).
    Backup {
        /// What to do.
        #[command(subcommand)]
        act: crate::backup::cli::Act,
    },
    /// Verifies or takes out the audit trail of a data folder, or verifies an exported one (give `--data-dir` or `--config` before
    /// this word).
    Audit {
        /// What to do.
        #[command(subcommand)]
        act: AuditAct,
    },
    /// Gives the kernel the firewall rules that the gateway wrote, shows them or takes them away. Needs the right to administrate
    /// the network.
    Firewall {
        /// What to do.
        #[command(subcommand)]
        act: crate::firewall_cli::Act,
    },
    /// Looks at, mends or takes out the history of a data folder (give `--data-dir` or `--config` before this word).
    History {
        /// What to do.
        #[command(subcommand)]
        act: History,
    },
}

/// What can be done with an audit trail. The gateway may run meanwhile.
#[derive(Debug, Subcommand)]
pub enum AuditAct {
    /// Runs the whole chain and names the first bad record.
    Verify {
        /// An exported file in JSON lines, in place of the data folder.
        #[arg(long)]
        file: Option<PathBuf>,
        /// Signed heads that were kept elsewhere: an earlier export, a head, or the heads of the hub.
        #[arg(long)]
        against: Option<PathBuf>,
        /// The gateway's public key, in base64, as its page shows it.
        #[arg(long)]
        key: Option<haubert_trust::audit::PublicKey>,
    },
    /// Writes the trail to the standard output.
    Export {
        /// Form of the file.
        #[arg(long, value_enum, default_value = "jsonl")]
        format: crate::audit::export::Format,
    },
    /// Writes the newest signed head, to be kept elsewhere.
    Head,
}

/// What can be done with a history.
#[derive(Debug, Subcommand)]
pub enum History {
    /// Looks at every byte and lists what is damaged. The gateway may run meanwhile.
    Check,
    /// Saves what can be read into a new file and keeps the old one beside it. The gateway must not run.
    Repair,
    /// Writes samples as CSV to the standard output. The gateway may run meanwhile.
    Export {
        /// From this time on, such as 2026-11-21T10:00:00Z; from the first sample when absent.
        #[arg(long, value_parser = time)]
        from: Option<Timestamp>,
        /// Up to this time, exclusive; to the last sample when absent.
        #[arg(long, value_parser = time)]
        to: Option<Timestamp>,
        /// Only the series of this number.
        #[arg(long)]
        series: Option<u32>,
    },
}

/// A time as people write it.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let time: jiff::Timestamp = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Ok(Timestamp(time.as_millisecond()))
}

/// Options of a run; each overrides the file.
#[derive(Debug, Args)]
pub struct Run {
    /// Configuration file.
    #[arg(long, env = "HAUBERT_GATEWAY_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of keys, configuration and history.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Address of the HTTPS listener; port 0 takes a free one.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Address of the Modbus TCP server, once it is switched on; port 0 takes a free one.
    #[arg(long)]
    pub modbus_listen: Option<SocketAddr>,
    /// Address of the Modbus TCP server for masters with a certificate, once it is switched on; port 0 takes a free one.
    #[arg(long)]
    pub modbus_secured_listen: Option<SocketAddr>,
    /// Address of the SNMP agent, once it is switched on; port 0 takes a free one.
    #[arg(long)]
    pub snmp_listen: Option<SocketAddr>,
    /// Address of the BACnet/IP server, once it is switched on; port 0 takes a free one.
    #[arg(long)]
    pub bacnet_listen: Option<SocketAddr>,
    /// Written as JSON once the gateway serves: process id and URL.
    #[arg(long)]
    pub ready_file: Option<PathBuf>,
    /// Folder of the slots; given by the launcher.
    #[arg(long, requires = "slot")]
    pub slots: Option<PathBuf>,
    /// The slot that this program is in; given by the launcher.
    #[arg(long, value_parser = slot)]
    pub slot: Option<Slot>,
    /// The supplier's root.
    #[arg(long)]
    pub supplier_root: Option<PathBuf>,
}

fn slot(text: &str) -> Result<Slot, String> {
    [Slot::A, Slot::B].into_iter().find(|slot| slot.name() == text).ok_or_else(|| "a or b".to_owned())
}

impl Run {
    /// The configuration that file and options make together.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn configuration(&self) -> Result<Config, crate::config::ConfigError> {
        let mut config = self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
        if let Some(data_dir) = &self.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(listen) = self.modbus_listen {
            config.modbus_listen = listen;
        }
        if let Some(listen) = self.modbus_secured_listen {
            config.modbus_secured_listen = listen;
        }
        if let Some(listen) = self.snmp_listen {
            config.snmp_listen = listen;
        }
        if let Some(listen) = self.bacnet_listen {
            config.bacnet_listen = listen;
        }
        if let Some(slots) = &self.slots {
            config.update.slots = Some(slots.clone());
            config.update.slot = self.slot;
        }
        if let Some(root) = &self.supplier_root {
            config.update.supplier_root.clone_from(root);
        }
        Ok(config)
    }
}
