//! Sealing the storage key with systemd's credentials, which are bound to the machine's TPM 2.0, to a key of its system, or to both.
//!
//! The storage key is wrapped by a random key, that by `systemd-creds`, and systemd opens it for the service alone
//! (`LoadCredentialEncrypted=`). So no TPM library is linked here, rotation needs no privilege, and the gateway never sees the
//! seal. Rejected: the storage key itself as the credential, which only root could then change.

use super::keyring::{CREDENTIAL, Keyring, hex, parse_credential};
use super::{Doing, StorageError, destroy};
use haubert_trust::Key;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a credential goes when nothing else is said; systemd looks there by itself.
pub const CREDENTIAL_FILE: &str = "/etc/credstore.encrypted/haubert-storage";
const PROGRAM: &str = "systemd-creds";

/// What a sealed credential is bound to: the first 16 bytes of the file say so (systemd, `creds-util.h`).
const BINDINGS: [([u8; 16], &str); 4] = [
    ([0x5a, 0x1c, 0x6a, 0x86, 0xdf, 0x9d, 0x40, 0x96, 0xb1, 0xd5, 0xa6, 0x5e, 0x08, 0x62, 0xf1, 0x9a], "host"),
    ([0x0c, 0x7c, 0xc0, 0x7b, 0x11, 0x76, 0x45, 0x91, 0x9c, 0x4b, 0x0b, 0xea, 0x08, 0xbc, 0x20, 0xfe], "tpm2"),
    ([0x93, 0xa8, 0x94, 0x09, 0x48, 0x74, 0x44, 0x90, 0x90, 0xca, 0xf2, 0xfc, 0x93, 0xca, 0xb5, 0x53], "host+tpm2"),
    ([0x05, 0x84, 0x69, 0xda, 0xf6, 0xf5, 0x43, 0x24, 0x80, 0x05, 0x49, 0xda, 0x0f, 0x8e, 0xa2, 0xfb], "nothing"),
];

/// What to seal with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum With {
    /// TPM 2.0 and the system's key where there is a TPM, else the system's key.
    Auto,
    /// The system's key (`/var/lib/systemd/credential.secret`).
    Host,
    /// The TPM 2.0 alone.
    Tpm2,
    /// Both.
    #[value(name = "host+tpm2")]
    HostAndTpm2,
}

impl With {
    const fn option(self) -> &'static str {
        match self {
            Self::Auto => "--with-key=auto",
            Self::Host => "--with-key=host",
            Self::Tpm2 => "--with-key=tpm2",
            Self::HostAndTpm2 => "--with-key=host+tpm2",
        }
    }
}

/// Seals `key` in the folder of `ring` and writes the credential to `credential`. Tells what it is bound to.
///
/// # Errors
/// [`StorageError::Refused`] when systemd refuses or would bind it to nothing; the key is then as it was.
pub fn seal(ring: &Keyring, key: &Key, with: With, credential: &Path) -> Result<String, StorageError> {
    let wrapping = Key::random()?;
    if let Some(folder) = credential.parent() {
        std::fs::create_dir_all(folder).doing("make the folder of the credential")?;
    }
    // Beside it first: an older credential may be the one that opens what is there.
    let new = crate::store::spare::beside(credential, ".new");
    let name = format!("--name={CREDENTIAL}");
    ask(&["encrypt".as_ref(), name.as_ref(), with.option().as_ref(), "-".as_ref(), new.as_os_str()], hex(&wrapping).as_bytes())?;
    let bound = binding(&new)?;
    if bound == "nothing" {
        destroy(&new).doing("remove the credential")?;
        return Err(StorageError::Refused(
            "systemd would seal with a key that everybody knows: there is neither TPM nor host key".to_owned(),
        ));
    }
    if open(&new)? != wrapping {
        return Err(StorageError::Refused("the credential does not open as it was sealed".to_owned()));
    }
    std::fs::rename(&new, credential).doing("put the credential in its place")?;
    haubert_service::files::sync_folder_of(credential).doing("put the credential in its place")?;
    let sealing = Keyring::new(ring.open_file().to_owned(), Some(wrapping));
    sealing.keep_sealed(key, bound)?;
    give_to_owner_of_folder(&sealing)?;
    Ok(bound.to_owned())
}

/// The wrapping key in a credential file; needs what systemd needs for it (root, mostly).
///
/// # Errors
/// [`StorageError::Refused`] with what systemd says.
pub fn open(credential: &Path) -> Result<Key, StorageError> {
    let name = format!("--name={CREDENTIAL}");
    let text = ask(&["decrypt".as_ref(), name.as_ref(), credential.as_os_str(), "-".as_ref()], &[])?;
    parse_credential(&text).ok_or_else(|| StorageError::Refused("the credential is not one of Haubert's".to_owned()))
}

/// What the credential in a file is bound to.
fn binding(credential: &Path) -> Result<&'static str, StorageError> {
    use base64::Engine as _;
    let text = haubert_service::files::read_text_bounded(credential, 1 << 16).doing("read the credential")?;
    let joined: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(joined).unwrap_or_default();
    let known = BINDINGS.iter().find(|(id, _)| bytes.starts_with(id));
    Ok(known.map_or("unknown", |(_, name)| name))
}

fn ask(arguments: &[&OsStr], input: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, StorageError> {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing("run systemd-creds")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input).doing("speak to systemd-creds")?;
    }
    let output = child.wait_with_output().doing("wait for systemd-creds")?;
    if output.status.success() {
        return Ok(zeroize::Zeroizing::new(output.stdout));
    }
    let said: String = String::from_utf8_lossy(&output.stderr).chars().filter(|sign| !sign.is_control()).take(500).collect();
    Err(StorageError::Refused(format!("systemd-creds: {said}")))
}

/// Sealing is done by root; the files belong to the gateway's user as the folder does.
fn give_to_owner_of_folder(ring: &Keyring) -> Result<(), StorageError> {
    use std::os::unix::fs::{MetadataExt, chown};
    let sealed = ring.sealed_file();
    let folder: PathBuf = sealed.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    let owner = std::fs::metadata(&folder).doing("look at the folder")?;
    for file in [sealed.clone(), crate::store::spare::copy_of(&sealed)] {
        chown(&file, Some(owner.uid()), Some(owner.gid())).doing("give the sealed key to the gateway's user")?;
    }
    Ok(())
}
