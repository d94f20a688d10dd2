//! `haubert-gateway audit …`: verifying and taking out the trail without the running gateway, on its data folder or on an export.

use crate::audit::export::{self, Format};
use crate::audit::files::{Files, Reading};
use crate::audit::reading::{self, Filter, Proof};
use crate::config::Config;
use crate::store::opening;
use haubert_trust::audit::{Fault, Head, PublicKey, Signer, Verdict};
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// Longest file of heads.
const MAX_HEADS: u64 = 16 << 20;

struct Place {
    reading: Reading,
    signer: Signer,
    head: Option<Head>,
}

impl Place {
    fn of(config: &Config) -> Result<Self, Box<dyn Error>> {
        let dir = config.data_dir.join("audit");
        if !dir.exists() {
            return Err(format!("{} is not there: is this the data folder?", dir.display()).into());
        }
        let keys = opening::keys(&config.data_dir.join("storage.key"))?;
        let (reading, signer, head) = Files::look(&dir, &keys)?;
        Ok(Self { reading, signer, head })
    }

    fn proof(&self, kept: Vec<Head>) -> Proof {
        let heads = self.head.into_iter().chain(kept).collect();
        Proof { log: self.signer.log(), key: self.signer.public_key(), heads }
    }
}

/// Runs the chain of the data folder, or of an exported file, and says where it first breaks. The gateway may run meanwhile.
///
/// # Errors
/// When a record is bad, or nothing can be read.
pub fn verify(
    config: &Config,
    file: Option<&Path>,
    against: Option<&Path>,
    key: Option<PublicKey>,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let kept = against.map(read_heads).transpose()?.unwrap_or_default();
    let (verdict, said) = match file {
        Some(path) => {
            let found = export::verify(BufReader::new(File::open(path)?), kept.clone(), key)?;
            let known = if key.is_some() { "" } else { " (given by the file itself: compare it with the gateway's)" };
            let left_out = if found.filtered { "; records were left out, each of the others was checked by itself" } else { "" };
            (found.verdict, format!("key {}{known}{left_out}", found.key))
        }
        None => {
            let place = Place::of(config)?;
            if key.is_some_and(|key| key != place.signer.public_key()) {
                return Err(
                    format!("the trail is signed with the key {}, not with the one given", place.signer.public_key()).into()
                );
            }
            let verdict = reading::verify(&place.reading, place.proof(kept.clone()))?;
            (verdict, format!("key {}", place.signer.public_key()))
        }
    };
    writeln!(out, "{said}")?;
    say(&verdict, &kept, out)
}

fn say(verdict: &Verdict, kept: &[Head], out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let Verdict { fault, records, first, verified_to, .. } = verdict;
    if !kept.is_empty() {
        let (count, agreed) = (kept.len(), verdict.newest_agreeing(kept));
        writeln!(out, "heads kept elsewhere: {count}, the newest that agrees is of record {agreed}")?;
    }
    match fault {
        None => Ok(writeln!(out, "whole: {records} records, {first} to {verified_to}")?),
        Some(Fault { seq, kind }) => {
            Err(format!("record {seq} is the first bad one: {}; verified to {verified_to}", kind.code()).into())
        }
    }
}

/// Writes the whole trail to `out`. The gateway may run meanwhile.
///
/// # Errors
/// When the trail cannot be read, or `out` not written.
pub fn export(config: &Config, format: Format, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let place = Place::of(config)?;
    let mut out = BufWriter::new(out);
    let mut outcome = Ok(());
    export::write(&place.reading, &place.proof(Vec::new()), &Filter::default(), format, |piece| {
        outcome = out.write_all(&piece);
        outcome.is_ok()
    })?;
    outcome?;
    Ok(out.flush()?)
}

/// Writes the newest signed head, to be kept elsewhere.
///
/// # Errors
/// When there is none.
pub fn head(config: &Config, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let place = Place::of(config)?;
    let head = place.head.ok_or("the trail has no record yet")?;
    Ok(writeln!(out, "{}", serde_json::to_string(&head)?)?)
}

fn read_heads(path: &Path) -> Result<Vec<Head>, Box<dyn Error>> {
    let text = haubert_service::files::read_text_bounded(path, MAX_HEADS)?;
    let heads = export::heads(&text);
    if heads.is_empty() {
        return Err(format!("{}: no signed head in it", path.display()).into());
    }
    Ok(heads)
}
