//! All profiles at hand, and the choice among them when a device says who it is.

use crate::{ContentError, MAX_PROFILE_BYTES, Profile, ProfileError, ProfileId, parse};
use haubert_model::DeviceIdentity;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAX_FILES: usize = 2000;
const MAX_DEPTH: usize = 3;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../content/device-profiles"]
struct Embedded;

/// Profiles by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    profiles: BTreeMap<ProfileId, Arc<Profile>>,
}

impl Catalogue {
    /// The profile of this name.
    pub fn get(&self, id: &ProfileId) -> Option<&Profile> {
        self.profiles.get(id).map(Arc::as_ref)
    }

    /// The profile of this name, to be kept by whoever uses it.
    pub fn get_shared(&self, id: &ProfileId) -> Option<Arc<Profile>> {
        self.profiles.get(id).cloned()
    }

    /// Every profile, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values().map(Arc::as_ref)
    }

    /// How many profiles there are.
    pub fn len(&self) -> usize {
        self.profiles.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }

    /// Adds a profile, in place of one with the same name.
    pub fn insert(&mut self, profile: Profile) {
        self.profiles.insert(profile.id.clone(), Arc::new(profile));
    }

    /// Takes a profile away.
    pub fn remove(&mut self, id: &ProfileId) {
        self.profiles.remove(id);
    }

    /// Adds the profiles of another catalogue, which win over those of the same name.
    pub fn extend(&mut self, other: Self) {
        self.profiles.extend(other.profiles);
    }

    /// The profile for a Socomec device, by the extended name of its identification block (prefix, case ignored) and its table
    /// version. The longest beginning wins; among equals one that states the version wins over one that states none.
    pub fn identify_socomec(&self, extended_name: &str, table_version: u16) -> Option<&Profile> {
        let name = extended_name.trim().to_lowercase();
        let fits = |profile: &&Profile| {
            profile.identify.table_versions.is_none_or(|(first, last)| (first..=last).contains(&table_version))
        };
        self.iter()
            .filter(fits)
            .filter_map(|profile| {
                let length = longest_prefix(&profile.identify.socomec, &name)?;
                Some(((length, profile.identify.table_versions.is_some()), profile))
            })
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, profile)| profile)
    }

    /// The profile for a device that answered function 43/14; the longest beginnings win.
    pub fn identify_modbus(&self, identity: &DeviceIdentity) -> Option<&Profile> {
        let vendor = identity.vendor.as_deref()?.trim().to_lowercase();
        let product = identity.product.as_deref().unwrap_or_default().trim().to_lowercase();
        self.iter()
            .flat_map(|profile| profile.identify.modbus.iter().map(move |entry| (entry, profile)))
            .filter(|(entry, _)| vendor.starts_with(&entry.vendor) && product.starts_with(&entry.product))
            .max_by_key(|(entry, _)| (entry.product.len(), entry.vendor.len()))
            .map(|(_, profile)| profile)
    }

    /// The profile for the first model of a SunSpec chain that any profile describes.
    pub fn identify_sunspec(&self, models: &[u16]) -> Option<&Profile> {
        models.iter().find_map(|model| self.iter().find(|profile| profile.identify.sunspec.contains(model)))
    }
}

fn longest_prefix(beginnings: &[String], name: &str) -> Option<usize> {
    beginnings.iter().filter(|beginning| name.starts_with(beginning.as_str())).map(String::len).max()
}

/// Samples lie beside the profiles and are not profiles.
fn is_profile(file: &str) -> bool {
    file.ends_with(".toml") && !file.ends_with(".samples.toml")
}

/// The profiles that ship with Haubert.
///
/// # Errors
/// [`ContentError::Profiles`]; a test keeps it from happening in a released binary.
pub fn embedded() -> Result<Catalogue, ContentError> {
    let files = Embedded::iter().filter(|file| is_profile(file)).filter_map(|file| {
        let content = Embedded::get(&file)?.data;
        Some((file.into_owned(), String::from_utf8_lossy(&content).into_owned()))
    });
    let (catalogue, errors) = collect(files);
    if errors.is_empty() { Ok(catalogue) } else { Err(ContentError::Profiles(errors)) }
}

/// The file of a profile that ships, as its author wrote it.
pub fn embedded_text(id: &ProfileId) -> Option<String> {
    let content = Embedded::get(&format!("{id}.toml"))?.data;
    Some(String::from_utf8_lossy(&content).into_owned())
}

/// The profiles of a folder and its subfolders. Sizes, depth and number of files are bounded.
///
/// # Errors
/// [`ContentError`]; faults of all profiles are reported at once.
pub fn load_dir(folder: &Path) -> Result<Catalogue, ContentError> {
    let (catalogue, errors) = load_dir_each(folder)?;
    if errors.is_empty() { Ok(catalogue) } else { Err(ContentError::Profiles(errors)) }
}

/// The good profiles of a folder, and what is wrong with the others: one damaged file must not keep the rest from being used.
///
/// # Errors
/// [`ContentError`] when the folder or a file cannot be read, or there are too many.
pub fn load_dir_each(folder: &Path) -> Result<(Catalogue, Vec<ProfileError>), ContentError> {
    let mut files = Vec::new();
    walk(folder, folder, 1, &mut files)?;
    files.sort();
    let mut texts = Vec::with_capacity(files.len());
    for (name, path) in files {
        let text = read(&path).map_err(|source| ContentError::Read { path, source })?;
        texts.push((name, text));
    }
    Ok(collect(texts.into_iter()))
}

fn collect(files: impl Iterator<Item = (String, String)>) -> (Catalogue, Vec<ProfileError>) {
    let mut catalogue = Catalogue::default();
    let mut errors: Vec<ProfileError> = Vec::new();
    for (name, text) in files {
        match parse(&name, &text) {
            Ok(profile) => catalogue.insert(profile),
            Err(error) => errors.push(error),
        }
    }
    (catalogue, errors)
}

fn walk(root: &Path, folder: &Path, depth: usize, files: &mut Vec<(String, PathBuf)>) -> Result<(), ContentError> {
    let failed = |source| ContentError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            if depth < MAX_DEPTH {
                walk(root, &path, depth + 1, files)?;
            }
            continue;
        }
        let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str).map(|name| name.replace('\\', "/")) else {
            continue;
        };
        if is_profile(&name) {
            if files.len() >= MAX_FILES {
                return Err(ContentError::TooMany { path: root.to_owned(), limit: MAX_FILES });
            }
            files.push((name, path));
        }
    }
    Ok(())
}

/// At most one byte more than a profile may have, so that `parse` sees that it is too long.
fn read(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_PROFILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "not UTF-8 text"))
}
