//! Where the storage key is looked for and kept.

use super::{StorageError, copy_private, destroy};
use crate::store::StoreError;
use crate::store::spare::{beside, copy_of};
use haubert_trust::{Key, KeyFile, KeyFileError, SealedKey, read_private, write_private};
use std::path::{Path, PathBuf};

/// Name of the credential that unseals the key, as systemd hands it over.
pub const CREDENTIAL: &str = "haubert-storage";
/// Longest file that is read here.
const LONGEST: u64 = 1024;

/// Where the storage key lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file that only its owner reads.
    File,
    /// Sealed; the credential that opens it is bound to what the note says (`tpm2`, `host`, `host+tpm2`).
    Sealed(String),
}

/// The key files of a data folder, and what unseals them.
#[derive(Clone)]
pub struct Keyring {
    file: PathBuf,
    credential: Option<Key>,
}

impl Keyring {
    /// With the credential that systemd gave this process, if any.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the credential is none of ours.
    pub fn of_process(key_file: &Path) -> Result<Self, StoreError> {
        let credential = match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(folder) => read_credential(&Path::new(&folder).join(CREDENTIAL))?,
            None => None,
        };
        Ok(Self::new(key_file.to_owned(), credential))
    }

    /// With this credential.
    pub const fn new(file: PathBuf, credential: Option<Key>) -> Self {
        Self { file, credential }
    }

    /// The file of the sealed key.
    pub fn sealed_file(&self) -> PathBuf {
        beside(&self.file, ".sealed")
    }

    /// The file of the key for the recovery key.
    pub fn recovery_file(&self) -> PathBuf {
        beside(&self.file, ".recovery")
    }

    /// The file of the open key.
    pub fn open_file(&self) -> &Path {
        &self.file
    }

    /// Whether there is any key at all, open or sealed.
    pub fn is_there(&self) -> bool {
        self.files().iter().any(|file| file.exists())
    }

    /// Whether the key is sealed: no copy of it may lie open.
    pub fn is_sealed(&self) -> bool {
        [self.sealed_file(), copy_of(&self.sealed_file())].iter().any(|file| file.exists())
    }

    /// Where the key lives.
    pub fn place(&self) -> Place {
        let sealed = [self.sealed_file(), copy_of(&self.sealed_file())];
        match sealed.iter().find_map(|file| read_sealed(file).ok().flatten()) {
            Some(sealed) => Place::Sealed(sealed.note().to_owned()),
            None if self.is_sealed() => Place::Sealed("unknown".to_owned()),
            None => Place::File,
        }
    }

    fn files(&self) -> [PathBuf; 4] {
        [self.file.clone(), copy_of(&self.file), self.sealed_file(), copy_of(&self.sealed_file())]
    }

    /// Makes the first key: sealed where there is a credential, else in a file.
    ///
    /// # Errors
    /// What the disk or the random source says.
    pub fn create(&self) -> Result<(), StoreError> {
        match &self.credential {
            None => KeyFile::open_or_create(&self.file).map(|_| ()).map_err(Into::into),
            Some(_) => {
                let key = Key::random().map_err(KeyFileError::Random)?;
                self.keep_sealed(&key, "systemd credential")
            }
        }
    }

    /// The keys that may be the right one, the likeliest first: a key carries no checksum, the right one opens the configuration.
    ///
    /// # Errors
    /// That a file can be read by others than its owner, or not at all; [`StoreError::Sealed`] when there are only sealed ones
    /// and nothing that opens them.
    pub fn candidates(&self) -> Result<Vec<Key>, StoreError> {
        let mut keys: Vec<Key> = Vec::new();
        for file in [self.file.clone(), copy_of(&self.file)] {
            keys.extend(read_key(&file)?);
        }
        let mut sealed_seen = None;
        for file in [self.sealed_file(), copy_of(&self.sealed_file())] {
            let Some(sealed) = read_sealed(&file)? else { continue };
            if let Some(credential) = &self.credential
                && let Ok(key) = sealed.open(credential)
            {
                keys.push(key);
            }
            sealed_seen = Some(sealed.note().to_owned());
        }
        let mut distinct: Vec<Key> = Vec::new();
        for key in keys {
            if !distinct.contains(&key) {
                distinct.push(key);
            }
        }
        match sealed_seen {
            Some(note) if distinct.is_empty() => Err(StoreError::Sealed { path: self.sealed_file(), note }),
            _ => Ok(distinct),
        }
    }

    /// Every copy holds the key that has proved right; none lies open when the key is sealed. Tells what was put aside when the
    /// first copy was not right.
    ///
    /// # Errors
    /// What the disk says.
    pub fn settle(&self, key: &Key) -> Result<Option<Option<PathBuf>>, StoreError> {
        let (recovery, copy) = (self.recovery_file(), copy_of(&self.recovery_file()));
        if let (Some(sealed), None) = (read_sealed(&recovery)?, read_sealed(&copy)?) {
            write_private(&copy, &sealed.to_bytes())?;
        }
        if self.is_sealed() {
            return self.settle_sealed(key);
        }
        let mut restored = None;
        if read_key(&self.file)?.as_ref() != Some(key) {
            restored = Some(crate::store::opening::put_aside(&self.file)?);
            write_private(&self.file, key.expose())?;
        }
        let copy = copy_of(&self.file);
        if read_key(&copy)?.as_ref() != Some(key) {
            write_private(&copy, key.expose())?;
        }
        Ok(restored)
    }

    fn settle_sealed(&self, key: &Key) -> Result<Option<Option<PathBuf>>, StoreError> {
        // Without the credential the key came from an open file: a sealing that was broken off. It is begun anew by hand.
        let Some(credential) = &self.credential else { return Ok(None) };
        let (first, copy) = (self.sealed_file(), copy_of(&self.sealed_file()));
        let holds = |file: &Path| -> Result<Option<SealedKey>, StoreError> {
            Ok(read_sealed(file)?.filter(|sealed| sealed.open(credential).is_ok_and(|found| found == *key)))
        };
        let mut restored = None;
        match (holds(&first)?, holds(&copy)?) {
            (Some(_), Some(_)) => {}
            (Some(good), None) => write_private(&copy, &good.to_bytes())?,
            (None, Some(good)) => {
                restored = Some(crate::store::opening::put_aside(&first)?);
                write_private(&first, &good.to_bytes())?;
            }
            // The open file was right: the seal is of another key and worth nothing.
            (None, None) => self.keep_sealed(key, "systemd credential")?,
        }
        for open in [self.file.clone(), copy_of(&self.file)] {
            destroy(&open)?;
        }
        Ok(restored)
    }

    /// Wraps `key` for the credential, twice, and destroys the open copies.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] without a credential; what the disk says.
    pub fn keep_sealed(&self, key: &Key, note: &str) -> Result<(), StoreError> {
        let missing = || StoreError::KeyMissing { path: self.sealed_file() };
        let credential = self.credential.as_ref().ok_or_else(missing)?;
        let sealed = SealedKey::by_key(key, credential, note).map_err(KeyFileError::Random)?.to_bytes();
        for file in [self.sealed_file(), copy_of(&self.sealed_file())] {
            write_private(&file, &sealed)?;
        }
        for open in [self.file.clone(), copy_of(&self.file)] {
            destroy(&open)?;
        }
        Ok(())
    }

    /// The key `next` as this folder keeps keys, written to `staged` under the same names.
    pub(super) fn stage(&self, next: &Key, staged: &Path) -> Result<Vec<&'static str>, StorageError> {
        let mut names = Vec::new();
        match (self.place(), &self.credential) {
            (Place::File, _) => {
                write_private(&staged.join("storage.key"), next.expose())?;
                names.push("storage.key");
            }
            (Place::Sealed(note), Some(credential)) => {
                let sealed = SealedKey::by_key(next, credential, &note)?;
                write_private(&staged.join("storage.key.sealed"), &sealed.to_bytes())?;
                names.push("storage.key.sealed");
            }
            (Place::Sealed(_), None) => {
                return Err(StorageError::Refused("the key is sealed, and the credential that opens it is not there".to_owned()));
            }
        }
        if let Some(public) = self.recovery()? {
            let sealed = SealedKey::for_recovery(next, &public)?;
            write_private(&staged.join("storage.key.recovery"), &sealed.to_bytes())?;
            names.push("storage.key.recovery");
        }
        Ok(names)
    }

    /// For whose recovery key the storage key is kept, if for one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn recovery(&self) -> Result<Option<haubert_trust::RecoveryPublic>, StoreError> {
        Ok(self.for_recovery()?.and_then(|sealed| sealed.recovery()))
    }

    /// The key as it is kept for the recovery key.
    ///
    /// # Errors
    /// What the disk says.
    pub fn for_recovery(&self) -> Result<Option<SealedKey>, StoreError> {
        let file = self.recovery_file();
        match read_sealed(&file)? {
            Some(sealed) => Ok(Some(sealed)),
            None => read_sealed(&copy_of(&file)),
        }
    }

    /// Keeps `key` for the recovery key `public`, twice.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep_for_recovery(&self, key: &Key, public: &haubert_trust::RecoveryPublic) -> Result<(), StorageError> {
        let sealed = SealedKey::for_recovery(key, public)?;
        write_private(&self.recovery_file(), &sealed.to_bytes())?;
        copy_private(&self.recovery_file(), &copy_of(&self.recovery_file()), LONGEST)
    }

    /// Keeps `key` open, and forgets the seal.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep_open(&self, key: &Key) -> Result<(), StorageError> {
        for file in [self.file.clone(), copy_of(&self.file)] {
            write_private(&file, key.expose())?;
        }
        for sealed in [self.sealed_file(), copy_of(&self.sealed_file())] {
            destroy(&sealed).map_err(StoreError::from)?;
        }
        Ok(())
    }
}

/// `None`: there is none, or it has not the length of a key.
fn read_key(file: &Path) -> Result<Option<Key>, StoreError> {
    if !file.exists() {
        return Ok(None);
    }
    match KeyFile::open_or_create(file) {
        Ok(key) => Ok(Some(key)),
        Err(KeyFileError::Length { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `None`: there is none, or it is damaged.
fn read_sealed(file: &Path) -> Result<Option<SealedKey>, StoreError> {
    if !file.exists() {
        return Ok(None);
    }
    match read_private(file, LONGEST) {
        Ok(bytes) => Ok(SealedKey::parse(&bytes).ok()),
        Err(KeyFileError::Length { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The credential: 64 hexadecimal digits. Its mode is systemd's affair (it lies in memory and its list of rights shows as a mode
/// that looks open).
fn read_credential(file: &Path) -> Result<Option<Key>, StoreError> {
    use zeroize::Zeroizing;
    let bytes = match haubert_service::files::read_bounded(file, 128) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => Zeroizing::new(read?),
    };
    parse_credential(&bytes)
        .map(Some)
        .ok_or_else(|| StoreError::Corrupt(format!("the credential {CREDENTIAL} is not one of Haubert's")))
}

/// A key from 64 hexadecimal digits.
pub(crate) fn parse_credential(text: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let mut key = zeroize::Zeroizing::new([0u8; 32]);
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (number, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(number * 2..number * 2 + 2)?, 16).ok()?;
    }
    Some(Key::new(*key))
}

/// 64 hexadecimal digits.
pub(crate) fn hex(key: &Key) -> zeroize::Zeroizing<String> {
    zeroize::Zeroizing::new(key.expose().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_files(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_first_key_is_sealed_where_there_is_a_credential_and_no_copy_lies_open() {
        let dir = tempfile::tempdir().unwrap();
        let credential = Key::random().unwrap();
        let ring = Keyring::new(dir.path().join("storage.key"), Some(credential.clone()));
        ring.create().unwrap();
        assert_eq!(open_files(dir.path()), ["storage.key.sealed", "storage.key.sealed.last-good"]);
        let key = ring.candidates().unwrap().remove(0);
        assert_eq!(ring.settle(&key).unwrap(), None);
        let blind = Keyring::new(dir.path().join("storage.key"), None);
        assert!(matches!(blind.candidates(), Err(StoreError::Sealed { .. })));
        let other = Keyring::new(dir.path().join("storage.key"), Some(Key::random().unwrap()));
        assert!(matches!(other.candidates(), Err(StoreError::Sealed { .. })));
        // Damage to one copy is mended from the other, sealed.
        std::fs::write(ring.sealed_file(), [1, 2, 3]).unwrap();
        assert_eq!(ring.candidates().unwrap(), std::slice::from_ref(&key));
        assert!(ring.settle(&key).unwrap().is_some());
        assert!(!open_files(dir.path()).iter().any(|name| name == "storage.key" || name == "storage.key.last-good"));
        assert_eq!(read_sealed(&ring.sealed_file()).unwrap().unwrap().open(&credential).unwrap(), key);
    }

    #[test]
    fn an_open_copy_left_by_a_sealing_that_was_broken_off_goes_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let ring = Keyring::new(dir.path().join("storage.key"), Some(Key::random().unwrap()));
        let key = Key::random().unwrap();
        ring.keep_sealed(&key, "host").unwrap();
        write_private(ring.open_file(), key.expose()).unwrap();
        write_private(&copy_of(ring.open_file()), key.expose()).unwrap();
        ring.settle(&key).unwrap();
        assert_eq!(open_files(dir.path()), ["storage.key.sealed", "storage.key.sealed.last-good"]);
        assert_eq!(ring.place(), Place::Sealed("host".to_owned()));
    }

    #[test]
    fn a_credential_is_64_digits_and_nothing_else() {
        let key = Key::random().unwrap();
        assert_eq!(parse_credential(format!("{}\n", &*hex(&key)).as_bytes()), Some(key));
        for bad in ["", "00", "+f0000000000000000000000000000000000000000000000000000000000000000", &"é".repeat(32)] {
            assert_eq!(parse_credential(bad.as_bytes()), None, "{bad}");
        }
    }
}
