//! `haubert-gateway storage …`: the storage key at the machine itself, and the end of everything.

use super::desk::{NOTES, Notes};
use super::keyring::{Keyring, Place};
use super::seal::{CREDENTIAL_FILE, With};
use super::{key_file, lock, recovery, rotate, seal, staged, wipe};
use crate::config::Config;
use crate::store::{opening, settings};
use clap::Subcommand;
use haubert_model::{Clock, Secret};
use haubert_service::clock::SystemClock;
use haubert_trust::{Key, RecoveryKey};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use std::error::Error;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// What can be done. The gateway must not run, but for `status`.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Says where the storage key lives and what it does and does not protect against.
    Status,
    /// Changes the storage key: copies everything under a new one and destroys the old one.
    Rotate,
    /// Seals the key with a systemd credential, bound to TPM 2.0 or the system's key. As root.
    Seal {
        /// What to seal with.
        #[arg(long, value_enum, default_value = "auto")]
        with_key: With,
        /// Where to write the credential.
        #[arg(long, default_value = CREDENTIAL_FILE)]
        credential: PathBuf,
    },
    /// Puts the key back into a file, with the credential. As root.
    Unseal {
        /// Where the credential is.
        #[arg(long, default_value = CREDENTIAL_FILE)]
        credential: PathBuf,
    },
    /// Makes a recovery key and prints it, once.
    RecoveryKey,
    /// Opens the storage with the recovery key, read from the terminal or standard input, when the seal is lost.
    Recover,
    /// Destroys everything in the data folder, keys first.
    Reset {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Does it.
///
/// # Errors
/// What went wrong, in words for the operator.
pub fn run(config: &Config, act: Act, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let dir = config.data_dir.as_path();
    let key_file = key_file(dir);
    if !dir.join("config.db").exists() && !crate::store::spare::copy_of(&dir.join("config.db")).exists() {
        return Err(format!("there is no configuration in {}: is this the data folder?", dir.display()).into());
    }
    let ring = Keyring::of_process(&key_file)?;
    if matches!(act, Act::Status) {
        return status(&ring, out);
    }
    let _alone = lock(dir)?;
    staged::settle(dir)?;
    match act {
        Act::Status => Ok(()),
        Act::Rotate => {
            let key = right_key(dir, &ring)?;
            rotate::rotate(dir, &ring, &key, &mut |step| {
                let _closed = writeln!(out, "{step:?}");
                Ok(())
            })?;
            Ok(writeln!(out, "the storage key was changed, and the old one destroyed")?)
        }
        Act::Seal { with_key, credential } => {
            let key = right_key(dir, &ring)?;
            if ring.recovery()?.is_none() {
                return Err("make a recovery key first (`storage recovery-key`): without one, all is lost with the seal".into());
            }
            let bound = seal::seal(&ring, &key, with_key, &credential)?;
            writeln!(out, "sealed; the credential {} is bound to: {bound}", credential.display())?;
            Ok(writeln!(
                out,
                "the unit must load it (packaging/haubert-gateway.service.d/sealed-storage.conf): LoadCredentialEncrypted=haubert-storage:{}",
                credential.display()
            )?)
        }
        Act::Unseal { credential } => {
            let ring = Keyring::new(key_file, Some(seal::open(&credential)?));
            let key = right_key(dir, &ring)?;
            ring.keep_open(&key)?;
            Ok(writeln!(out, "the key lies in {} again; remove {}", ring.open_file().display(), credential.display())?)
        }
        Act::RecoveryKey => {
            let opened = opening::open(&dir.join("config.db"), &ring)?;
            let made = recovery::renew(&ring, &opened.key)?;
            let now = SystemClock::new().now();
            opened.db.call_blocking(|tx| {
                let mut notes: Notes = settings::get(tx, NOTES)?.unwrap_or_default();
                notes.recovery_since = Some(now);
                settings::set(tx, NOTES, &notes)
            })?;
            writeln!(out, "{}", made.text().expose())?;
            Ok(writeln!(out, "write it down and keep it away from the machine: it is not shown again")?)
        }
        Act::Recover => {
            let typed = secret("recovery key: ")?;
            recovery::recover(dir, &ring, &RecoveryKey::parse(typed.expose())?)?;
            Ok(writeln!(out, "the storage opens again; its key lies in {} until it is sealed anew", ring.open_file().display())?)
        }
        Act::Reset { yes } => {
            if !yes && secret(&format!("everything in {} will be destroyed. Type RESET: ", dir.display()))?.expose() != "RESET" {
                return Err("nothing was destroyed".into());
            }
            let count = wipe::wipe(dir)?;
            Ok(writeln!(out, "destroyed: {count} files, keys first")?)
        }
    }
}

fn status(ring: &Keyring, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    match ring.place() {
        Place::File => {
            writeln!(out, "the storage key lies in {}, readable by its owner only", ring.open_file().display())?;
            writeln!(out, "it protects: files or backups of the folder that are copied without the key")?;
            writeln!(out, "it does not protect: a disk or memory card that is taken away as a whole, and whoever is root")?;
        }
        Place::Sealed(bound) => {
            writeln!(out, "the storage key is sealed; the credential that opens it is bound to: {bound}")?;
            writeln!(out, "it protects: a copied folder; with tpm2 also a disk or memory card that is taken to another machine")?;
            writeln!(out, "it does not protect: a running machine against whoever is root on it")?;
        }
    }
    match ring.recovery()? {
        Some(public) => writeln!(out, "there is a recovery key ({})", public.mark())?,
        None => writeln!(out, "there is no recovery key")?,
    }
    Ok(())
}

/// The key that opens the configuration of a folder.
///
/// # Errors
/// When none does.
pub(crate) fn right_key(dir: &Path, ring: &Keyring) -> Result<Key, Box<dyn Error>> {
    Ok(opening::open(&dir.join("config.db"), ring)?.key)
}

/// A line from the terminal, not shown while it is typed, or from the standard input.
pub(crate) fn secret(prompt: &str) -> Result<Secret, Box<dyn Error>> {
    let stdin = std::io::stdin();
    let before = if stdin.is_terminal() { tcgetattr(&stdin).ok() } else { None };
    if let Some(before) = &before {
        write!(std::io::stderr(), "{prompt}")?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(&stdin, SetArg::TCSANOW, &silent)?;
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(before) = &before {
        tcsetattr(&stdin, SetArg::TCSANOW, before)?;
        writeln!(std::io::stderr())?;
    }
    read?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
