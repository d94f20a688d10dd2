//! The trail as a file: JSON lines that anybody can verify, or CSV for a spreadsheet; and the file verified again.
//!
//! JSON lines begin with `{"haubert_audit":1,…}` (log, public key, end of the chain before the first record, whether records were
//! left out) and end with `{"head":{…}}`. Between them are the records' own lines.

use super::files::Reading;
use super::reading::{Filter, Found, Proof, oldest_first};
use haubert_service::wire::Time;
use haubert_trust::audit::{Chain, Fault, FaultKind, Hash, Head, LogId, MAX_LINE, PublicKey, Verdict, Verifier, read_line};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read as _};

/// Form of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditFormat)]
pub enum Format {
    /// JSON lines, to be verified.
    #[default]
    Jsonl,
    /// Comma separated values.
    Csv,
}

#[derive(Serialize, Deserialize)]
struct Beginning {
    haubert_audit: u32,
    log: LogId,
    public_key: PublicKey,
    /// The end of the chain before the first line.
    seq: u64,
    hash: Hash,
    /// Whether records were left out.
    filtered: bool,
}

#[derive(Serialize, Deserialize)]
struct End {
    head: Head,
}

/// Writes the records that pass, until `take` refuses a piece.
///
/// # Errors
/// What the disk said.
pub fn write(
    reading: &Reading,
    proof: &Proof,
    filter: &Filter,
    format: Format,
    mut take: impl FnMut(Vec<u8>) -> bool,
) -> io::Result<()> {
    let mut begun = false;
    let mut last = None;
    let mut going = true;
    oldest_first(reading, 0, filter, |(line, bytes)| {
        let before = Chain { seq: line.record.seq - 1, hash: line.record.prev };
        last = Some(line.head(proof.log));
        let mut piece = if begun { Vec::new() } else { beginning(proof, before, filter, format) };
        begun = true;
        match format {
            Format::Jsonl => piece.extend(bytes),
            Format::Csv => piece.extend(row(&(line, bytes), proof).into_bytes()),
        }
        piece.push(b'\n');
        going = take(piece);
        going
    })?;
    if !going {
        return Ok(());
    }
    if !begun {
        take(beginning(proof, Chain::EMPTY, filter, format));
    }
    // The newest head of the whole when nothing was left out: then nobody can cut the file short.
    let head = proof.heads.iter().max_by_key(|head| head.seq).filter(|_| filter.is_empty()).copied().or(last);
    if let (Some(head), Format::Jsonl) = (last.filter(|last| head.is_some_and(|head| head.seq < last.seq)).or(head), format) {
        take(line_of(&End { head }));
    }
    Ok(())
}

fn line_of(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

fn beginning(proof: &Proof, before: Chain, filter: &Filter, format: Format) -> Vec<u8> {
    match format {
        Format::Jsonl => line_of(&Beginning {
            haubert_audit: 1,
            log: proof.log,
            public_key: proof.key,
            seq: before.seq,
            hash: before.hash,
            filtered: !filter.is_empty(),
        }),
        Format::Csv => b"seq,time,clock,category,action,outcome,actor,account,profile,source,session,target,target_id,target_name,before,after,details,hash,signature\n".to_vec(),
    }
}

fn row((line, _): &Found, proof: &Proof) -> String {
    let record = &line.record;
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let target = record.target.as_ref();
    let details = serde_json::to_string(&record.details).unwrap_or_default();
    let fields = [
        record.seq.to_string(),
        Time(record.at).to_string(),
        record.clock.code().to_owned(),
        record.category.code().to_owned(),
        record.action.to_string(),
        record.outcome.code().to_owned(),
        record.actor.kind.code().to_owned(),
        record.actor.account.clone(),
        record.actor.profile.clone(),
        record.actor.source.clone(),
        record.actor.session.clone(),
        target.map(|target| target.kind.clone()).unwrap_or_default(),
        target.map(|target| target.id.clone()).unwrap_or_default(),
        target.map(|target| target.name.clone()).unwrap_or_default(),
        json(&record.before),
        json(&record.after),
        if record.details.is_empty() { String::new() } else { details },
        line.hash.to_string(),
        line.head(proof.log).signature(),
    ];
    fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",")
}

/// A field of CSV. What a spreadsheet would take for a formula gets an apostrophe: names come from whoever typed them.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

/// The heads in `text`: one per line, as a signed head or as the end of an exported file; other lines are passed over.
pub fn heads(text: &str) -> Vec<Head> {
    let head = |line: &str| {
        serde_json::from_str::<Head>(line).ok().or_else(|| serde_json::from_str::<End>(line).ok().map(|end| end.head))
    };
    let whole = serde_json::from_str::<Head>(text.trim()).ok();
    whole.map_or_else(|| text.lines().filter_map(|line| head(line.trim())).collect(), |head| vec![head])
}

/// Why a file cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The disk.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("this is not an export of an audit trail in JSON lines")]
    NotOne,
    /// It is of another gateway, or was signed with another key.
    #[error("the file was signed with the key {0}, not with the one that was given")]
    OtherKey(PublicKey),
}

/// What came of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVerdict {
    /// The verdict. Of a file with records left out, each of the others by itself.
    pub verdict: Verdict,
    /// Whether records were left out.
    pub filtered: bool,
    /// The key that the file says checks it.
    pub key: PublicKey,
}

/// Verifies an exported file against `kept` heads, with `key` when it is known.
///
/// # Errors
/// [`ExportError`].
pub fn verify(mut file: impl BufRead, kept: Vec<Head>, key: Option<PublicKey>) -> Result<FileVerdict, ExportError> {
    let first = next_line(&mut file)?.ok_or(ExportError::NotOne)?;
    let begin: Beginning = serde_json::from_slice(&first).map_err(|_| ExportError::NotOne)?;
    if begin.haubert_audit != 1 {
        return Err(ExportError::NotOne);
    }
    if key.is_some_and(|key| key != begin.public_key) {
        return Err(ExportError::OtherKey(begin.public_key));
    }
    let before = Chain { seq: begin.seq, hash: begin.hash };
    let mut verifier = Verifier::new(begin.log, begin.public_key, before, kept.clone());
    let mut each = Verdict { fault: None, records: 0, first: 0, verified_to: 0, agreed: 0 };
    while let Some(line) = next_line(&mut file)? {
        if let Ok(End { head }) = serde_json::from_slice::<End>(&line) {
            verifier.also(head);
            continue;
        }
        if begin.filtered {
            one_by_one(&mut each, &line, &begin);
        } else {
            verifier.push(&line);
        }
    }
    let verdict = if begin.filtered { each } else { verifier.finish() };
    Ok(FileVerdict { verdict, filtered: begin.filtered, key: begin.public_key })
}

fn one_by_one(verdict: &mut Verdict, line: &[u8], begin: &Beginning) {
    let bad = |seq, kind| Some(Fault { seq, kind });
    let fault = match read_line(line) {
        Err(_) => bad(verdict.verified_to + 1, FaultKind::Unreadable),
        Ok(line) if !line.is_signed_by(begin.log, &begin.public_key) => bad(line.record.seq, FaultKind::Edited),
        Ok(line) if line.record.seq <= verdict.verified_to => bad(line.record.seq, FaultKind::Moved),
        Ok(line) => {
            if verdict.fault.is_none() {
                verdict.verified_to = line.record.seq;
            }
            verdict.first = if verdict.first == 0 { line.record.seq } else { verdict.first };
            verdict.records += 1;
            None
        }
    };
    verdict.fault = verdict.fault.or(fault);
}

fn next_line(file: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    file.by_ref().take(limit + 2).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > MAX_LINE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than any record"));
    }
    Ok(Some(line))
}
