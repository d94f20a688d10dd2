//! `haubert-release`: see `--help`.

use clap::{Parser, Subcommand};
use haubert_bundle::{LICENCES, Release, SBOM, Version};
use haubert_release::keys::Keys;
use haubert_release::publish::{Publication, publish};
use haubert_release::{Outcome, licences, root, sbom};
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes keys, roots and signed bundles.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes new keys in a folder: n root keys, and one each for targets, snapshot and timestamp.
    Keys {
        /// The folder.
        folder: PathBuf,
        /// How many root keys.
        #[arg(long, default_value_t = 3)]
        roots: u32,
    },
    /// Makes the first root, or the next one after keys were replaced.
    Root {
        /// Folder of the roots.
        #[arg(long)]
        roots: PathBuf,
        /// Folder of the keys that shall hold from now on.
        #[arg(long)]
        keys: PathBuf,
        /// How many root keys that folder has.
        #[arg(long, default_value_t = 3)]
        root_keys: u32,
        /// How many of them must sign.
        #[arg(long, default_value_t = 2)]
        threshold: u64,
        /// Root keys of the root before; needed for all but the first.
        #[arg(long)]
        old_key: Vec<PathBuf>,
        /// Days until it expires.
        #[arg(long, default_value_t = 1095)]
        days: i32,
    },
    /// Writes the list of components and the list of licences of a program, and refuses licences that are not accepted.
    Components {
        /// The Rust workspace.
        #[arg(long, default_value = ".")]
        workspace: PathBuf,
        /// The program.
        #[arg(long, default_value = "haubert-gateway")]
        package: String,
        /// Its pages' workspace inside `web`.
        #[arg(long, default_value = "webview")]
        pages: String,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Signs a release and packs it into a bundle.
    Bundle(Box<Bundle>),
}

#[derive(clap::Args)]
struct Bundle {
    /// Folder of the roots.
    #[arg(long)]
    roots: PathBuf,
    /// Folder of the targets, snapshot and timestamp keys.
    #[arg(long)]
    keys: PathBuf,
    /// Folder whose files are released; one has the product's name.
    #[arg(long)]
    files: PathBuf,
    /// Product.
    #[arg(long, default_value = "haubert-gateway")]
    product: String,
    /// Version.
    #[arg(long)]
    release: Version,
    /// Processor.
    #[arg(long, default_value = std::env::consts::ARCH)]
    architecture: String,
    /// Number of the publication, larger than every one before.
    #[arg(long)]
    number: u64,
    /// Days until it can no longer be installed.
    #[arg(long, default_value_t = 180)]
    days: i32,
    /// What is new, as `en=text`.
    #[arg(long, value_parser = note)]
    note: Vec<(String, String)>,
    /// The bundle.
    #[arg(long)]
    out: PathBuf,
}

fn note(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(language, text)| (language.to_owned(), text.to_owned())).ok_or("en=text".to_owned())
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(act(Cli::parse().command)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _closed = writeln!(std::io::stderr(), "haubert-release: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::disallowed_methods)] // a tool for a person at a terminal, on that person's clock and files
async fn act(command: Command) -> Outcome<()> {
    let now = Timestamp::now();
    let in_days = |days: i32| now.checked_add((i64::from(days) * 24).hours());
    match command {
        Command::Keys { folder, roots } => Keys::make(&folder, roots).map(|_| ()),
        Command::Root { roots, keys, root_keys, threshold, old_key, days } => {
            let keys = Keys::in_folder(&keys, root_keys);
            let file = root::make(&roots, &keys, threshold, in_days(days)?, &old_key).await?;
            Ok(writeln!(std::io::stdout(), "{}", file.display())?)
        }
        Command::Components { workspace, package, pages, out } => {
            let mut components = sbom::crates(&workspace, &package)?;
            let version = components.iter().find(|one| one.name == package).map(|one| one.version.clone()).unwrap_or_default();
            components.extend(sbom::npm(&workspace.join("web"), &pages)?);
            if let Some(bad) = licences::refused(&components).first() {
                return Err(format!("{} has the licence {:?}, which is not accepted", bad.purl(), bad.licence).into());
            }
            std::fs::create_dir_all(&out)?;
            std::fs::write(out.join(SBOM), serde_json::to_vec_pretty(&sbom::document(&package, &version, &components))?)?;
            Ok(std::fs::write(out.join(LICENCES), serde_json::to_vec_pretty(&licences::document(&components))?)?)
        }
        Command::Bundle(ask) => {
            let mut files = BTreeMap::new();
            for entry in std::fs::read_dir(&ask.files)? {
                let entry = entry?;
                files.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?);
            }
            if !files.contains_key(&ask.product) {
                return Err(format!("{} has no file {}", ask.files.display(), ask.product).into());
            }
            let release = Release {
                product: ask.product.clone(),
                version: ask.release,
                architecture: ask.architecture.clone(),
                released_on: now.strftime("%Y-%m-%d").to_string(),
                notes: ask.note.iter().cloned().collect(),
            };
            let keys = Keys::in_folder(&ask.keys, 0);
            let publication = Publication {
                roots: &ask.roots,
                keys: &keys,
                number: ask.number,
                expires: in_days(ask.days)?,
                release: &release,
                files,
            };
            publish(&publication, &ask.out).await
        }
    }
}
