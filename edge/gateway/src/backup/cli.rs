//! `haubert-gateway backup …`: backups at the machine itself.

use super::make::{Wanted, make};
use super::read::verify;
use super::restore::prepare;
use super::summary::{content, differences};
use crate::args::time;
use crate::config::Config;
use crate::storage::cli::{right_key, secret};
use crate::storage::desk::{NOTES, Notes};
use crate::storage::keyring::Keyring;
use crate::storage::staged::{self, Purpose};
use crate::storage::{key_file, lock};
use crate::store::{Db, settings, topology};
use clap::{Args, Subcommand};
use haubert_historian::Reader;
use haubert_model::{Clock, Secret, Timestamp};
use haubert_service::clock::SystemClock;
use haubert_service::wire::Time;
use haubert_trust::{Opener, RecoveryKey, SealedFor, SealedReader, Unlock, read_private};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What can be done with backups.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Writes a backup. The gateway may run meanwhile.
    Create {
        /// The file to write; must not exist.
        file: PathBuf,
        /// Only samples from this time on, such as 2026-11-21T10:00:00Z.
        #[arg(long, value_parser = time)]
        since: Option<Timestamp>,
        /// Without the history.
        #[arg(long, conflicts_with = "since")]
        no_history: bool,
        /// For the recovery key, instead of a passphrase.
        #[arg(long)]
        recovery: bool,
        /// How it is opened.
        #[command(flatten)]
        opener: With,
    },
    /// Reads every byte of a backup and says whether it is whole.
    Verify {
        /// The file.
        file: PathBuf,
        /// How it is opened.
        #[command(flatten)]
        opener: With,
    },
    /// Says what is in a backup, after reading every byte of it.
    List {
        /// The file.
        file: PathBuf,
        /// How it is opened.
        #[command(flatten)]
        opener: With,
    },
    /// Puts a backup in the place of what is in the data folder, after reading every byte of it. The gateway must not run.
    Restore {
        /// The file.
        file: PathBuf,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// How it is opened.
        #[command(flatten)]
        opener: With,
    },
}

/// Where the passphrase or recovery key comes from.
#[derive(Debug, Args)]
pub struct With {
    /// A file that holds the passphrase or recovery key and that only its owner reads; asked for when absent.
    #[arg(long)]
    secret_file: Option<PathBuf>,
}

impl With {
    fn secret(&self, prompt: &str) -> Result<Secret, Box<dyn Error>> {
        let Some(file) = &self.secret_file else { return secret(prompt) };
        let text = String::from_utf8(read_private(file, 1024)?)?;
        Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn unlock(&self, file: &Path) -> Result<Unlock, Box<dyn Error>> {
        match SealedReader::header(&mut File::open(file)?)?.opener() {
            Opener::Passphrase => Ok(Unlock::Passphrase(self.secret("passphrase: ")?)),
            Opener::Recovery => Ok(Unlock::Recovery(RecoveryKey::parse(self.secret("recovery key: ")?.expose())?)),
        }
    }
}

/// Shortest passphrase, in characters: the file may be tried for years by whoever finds it.
pub(crate) const SHORTEST: usize = 12;

/// Does it.
///
/// # Errors
/// What went wrong, in words for the operator.
pub fn run(config: &Config, act: Act, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let dir = config.data_dir.as_path();
    match act {
        Act::Create { file, since, no_history, recovery, opener } => {
            let sealed_for = if recovery {
                let public = Keyring::of_process(&key_file(dir))?.recovery()?;
                SealedFor::Recovery(public.ok_or("there is no recovery key: `storage recovery-key` makes one")?)
            } else {
                let passphrase = opener.secret("passphrase for the backup: ")?;
                if passphrase.expose().chars().count() < SHORTEST {
                    return Err(format!("the passphrase must have at least {SHORTEST} characters").into());
                }
                SealedFor::Passphrase(passphrase)
            };
            let from = (!no_history).then(|| since.unwrap_or(Timestamp(i64::MIN)));
            let wanted = wanted(dir, from, sealed_for)?;
            let to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
            let made = make(&wanted, BufWriter::new(&to));
            if made.is_err() {
                std::fs::remove_file(&file)?;
            }
            let end = made?;
            to.sync_all()?;
            let line = format!("{}: {} samples in {} series", file.display(), end.samples, end.series);
            Ok(writeln!(out, "{line}, and the configuration ({} bytes)", end.config_bytes)?)
        }
        Act::Verify { file, opener } => {
            let verified = verify(&file, &opener.unlock(&file)?, &std::env::temp_dir(), &mut |_| true)?;
            Ok(writeln!(out, "{}: whole, made {}", file.display(), Time(verified.about.made_at))?)
        }
        Act::List { file, opener } => {
            let verified = verify(&file, &opener.unlock(&file)?, &std::env::temp_dir(), &mut |_| true)?;
            let (about, end) = (&verified.about, &verified.end);
            writeln!(out, "site: {}\nmade: {} by version {}", about.site, Time(about.made_at), about.version)?;
            let content = &verified.content;
            for (what, names) in [
                ("accounts", &content.accounts),
                ("buses", &content.buses),
                ("devices", &content.devices),
                ("loads", &content.loads),
                ("zones", &content.zones),
                ("own profiles", &content.profiles),
            ] {
                writeln!(out, "{what}: {}", names.join(", "))?;
            }
            match verified.span {
                Some((first, last)) => Ok(writeln!(out, "history: {} samples, {} to {}", end.samples, Time(first), Time(last))?),
                None => Ok(writeln!(out, "history: none")?),
            }
        }
        Act::Restore { file, yes, opener } => {
            haubert_trust::private_dir(dir)?;
            let _alone = lock(dir)?;
            staged::settle(dir)?;
            let ring = Keyring::of_process(&key_file(dir))?;
            // On an empty folder this makes the key of the new machine.
            let key = right_key(dir, &ring)?;
            let unlock = opener.unlock(&file)?;
            let db = Db::open(&dir.join("config.db"), &key)?;
            let verified = verify(&file, &unlock, dir, &mut |_| true)?;
            for difference in differences(&content(&db)?, &verified.content) {
                difference.removed.iter().try_for_each(|name| writeln!(out, "- {}: {name}", difference.what))?;
                difference.added.iter().try_for_each(|name| writeln!(out, "+ {}: {name}", difference.what))?;
            }
            let notes: Notes = db.call_blocking(|tx| Ok(settings::get(tx, NOTES)?.unwrap_or_default()))?;
            drop(db);
            if !yes && secret("what is here will be replaced. Type RESTORE: ")?.expose() != "RESTORE" {
                return Err("nothing was changed".into());
            }
            prepare(dir, (&key, &notes), &file, &unlock, &mut |_| true)?.commit(Purpose::Restore)?;
            staged::settle(dir)?;
            Ok(writeln!(out, "restored: the backup of {}", Time(verified.about.made_at))?)
        }
    }
}

/// A backup of the folder, whether a gateway runs on it or not.
fn wanted(dir: &Path, from: Option<Timestamp>, sealed_for: SealedFor) -> Result<Wanted, Box<dyn Error>> {
    let (config, history) = (dir.join("config.db"), dir.join("history.db"));
    let keys = Keyring::of_process(&key_file(dir))?.candidates()?;
    let opened = keys.iter().find_map(|key| Some((key.clone(), Db::open(&config, key).ok()?)));
    let (key, db) = opened.ok_or_else(|| format!("{}: no key opens it", config.display()))?;
    let history_key = haubert_historian::Key::new(*key.expose());
    let site = db.call_blocking(|tx| Ok(topology::load_all(tx)?.site.name))?;
    let history = match from {
        Some(from) if history.exists() => Some((Reader::open(&history, &history_key)?, from)),
        _ => None,
    };
    let identity = history.as_ref().map(|(reader, _)| reader.identity()).transpose()?.unwrap_or_default();
    Ok(Wanted { config, key, history, history_identity: identity, site, now: SystemClock::new().now(), sealed_for })
}
