//! The log on the disk: segments, a reserve of blank ones, and the newest head beside them.
//!
//! Everything that an append needs is on the disk before it is needed: the rest of the segment in use, [`RESERVE`] blank segments,
//! two places for the head. So a full disk stops history long before it stops the trail, and what events and history free is
//! never taken by the other. An append returns when its records and then the head are durable.

use super::segment::{self, Frames, Header};
use haubert_model::Timestamp;
use haubert_trust::audit::{Chain, Cipher, ClockState, Entry, Head, Line, Secrets, Signer, read_line};
use haubert_trust::{Key, KeyFileError, private_dir, read_private, write_private};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Blank segments kept for a full disk.
pub const RESERVE: usize = 4;
/// One of the two places of the head.
const SLOT: usize = 512;

/// Why nothing could be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The disk.
    #[error("audit trail: {0}")]
    Io(#[from] io::Error),
    /// A private file.
    #[error(transparent)]
    Private(#[from] KeyFileError),
    /// The random source or the cipher.
    #[error("audit trail: the cryptographic provider failed")]
    Crypto,
    /// A record could not be written as JSON.
    #[error("audit trail: {0}")]
    Json(#[from] serde_json::Error),
}

/// A segment in use.
#[derive(Debug, Clone)]
struct Segment {
    path: PathBuf,
    before: Chain,
}

/// What reading needs, apart from the writer.
#[derive(Clone)]
pub struct Reading {
    segments: Vec<Segment>,
    cipher: Arc<Cipher>,
}

/// One segment, read.
pub struct Page {
    /// The end of the chain before it.
    pub before: Chain,
    /// Its lines in order; `None` for what cannot be read.
    pub lines: Vec<Option<Vec<u8>>>,
    /// Whether the rest of it cannot be found.
    pub broken: bool,
}

impl Reading {
    /// How many segments there are.
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The segment at `index`, oldest first; one that was given up meanwhile is `None`.
    ///
    /// # Errors
    /// What the disk said.
    pub fn page(&self, index: usize) -> io::Result<Option<Page>> {
        let Some(segment) = self.segments.get(index) else { return Ok(None) };
        let bytes = match haubert_service::files::read_bounded(&segment.path, segment::BYTES as u64) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Frames { at, broken, .. } = segment::frames(&bytes);
        let lines = at.into_iter().map(|range| segment::unseal(&self.cipher, bytes.get(range).unwrap_or_default())).collect();
        Ok(Some(Page { before: segment.before, lines, broken }))
    }

    /// Number of the first record that may be read after `seq`: the segment to begin with.
    pub fn index_of(&self, seq: u64) -> usize {
        self.segments.partition_point(|segment| segment.before.seq < seq).saturating_sub(1)
    }
}

/// The log, for whoever writes it.
pub struct Files {
    dir: PathBuf,
    signer: Signer,
    secrets: Secrets,
    cipher: Arc<Cipher>,
    segments: VecDeque<Segment>,
    file: Option<File>,
    offset: u64,
    chain: Chain,
    head: Option<Head>,
    heads: File,
    #[cfg(test)]
    pub(super) fails: bool,
}

/// How the log was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// As it was left.
    Whole,
    /// There was none.
    New,
    /// Its keys cannot be read with the storage key; it was put aside there, and another begun.
    Unreadable(PathBuf),
    /// Records up to this one were there, and are not any more.
    Shorter(u64),
}

impl Files {
    /// Opens the log in `dir`, or begins one.
    ///
    /// # Errors
    /// [`FilesError`].
    pub fn open(dir: &Path, storage: &[Key], aside: impl FnOnce() -> PathBuf) -> Result<(Self, Found), FilesError> {
        let mut found = Found::Whole;
        let mut secrets = Self::secrets(dir, storage)?;
        if secrets.is_none() && dir.exists() && std::fs::read_dir(dir)?.next().is_some() {
            let aside = aside();
            std::fs::rename(dir, &aside)?;
            found = Found::Unreadable(aside);
        }
        private_dir(dir)?;
        if secrets.is_none() {
            secrets = Some(Secrets::random().map_err(|_| FilesError::Crypto)?);
            if found == Found::Whole {
                found = Found::New;
            }
        }
        let secrets = secrets.ok_or(FilesError::Crypto)?;
        // The first key is the one in use; both copies are sealed with it from now on.
        if let Some(storage) = storage.first() {
            let sealed = secrets.sealed(storage).ok_or(FilesError::Crypto)?;
            for name in KEYS {
                let opens = read_private(&dir.join(name), 4096).is_ok_and(|bytes| Secrets::open(&bytes, storage).is_some());
                if !opens {
                    write_private(&dir.join(name), &sealed)?;
                }
            }
        }
        let signer = secrets.signer().ok_or(FilesError::Crypto)?;
        let cipher = Arc::new(secrets.cipher().ok_or(FilesError::Crypto)?);
        let heads = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(dir.join("head"))?;
        if heads.metadata()?.len() < 2 * SLOT as u64 {
            heads.write_all_at(&[b' '; 2 * SLOT], 0)?;
            heads.sync_all()?;
        }
        let mut files = Self {
            dir: dir.to_owned(),
            signer,
            secrets,
            cipher,
            segments: VecDeque::new(),
            file: None,
            offset: 0,
            chain: Chain::EMPTY,
            head: None,
            heads,
            #[cfg(test)]
            fails: false,
        };
        files.head = files.kept_head();
        files.find_segments()?;
        if let Some(lost) = files.go_to_end()? {
            found = Found::Shorter(lost);
        }
        files.refill();
        Ok((files, found))
    }

    /// Opens the log for reading alone, changing nothing: the segments, the newest head, and what checks it.
    ///
    /// # Errors
    /// [`FilesError`]; `Crypto` when no key opens it.
    pub fn look(dir: &Path, storage: &[Key]) -> Result<(Reading, Signer, Option<Head>), FilesError> {
        let secrets = Self::secrets(dir, storage)?.ok_or(FilesError::Crypto)?;
        let signer = secrets.signer().ok_or(FilesError::Crypto)?;
        let cipher = Arc::new(secrets.cipher().ok_or(FilesError::Crypto)?);
        let head = File::open(dir.join("head")).ok().and_then(|file| newest_head(&file, &signer));
        Ok((Reading { segments: segments_of(dir, &signer)?, cipher }, signer, head))
    }

    fn secrets(dir: &Path, storage: &[Key]) -> Result<Option<Secrets>, FilesError> {
        for name in KEYS {
            let path = dir.join(name);
            if !path.exists() {
                continue;
            }
            let sealed = match read_private(&path, 4096) {
                // A disk that fails may read the next time; a copy that is damaged never will.
                Err(error @ KeyFileError::Read { .. }) => return Err(error.into()),
                Err(_) => continue,
                Ok(sealed) => sealed,
            };
            if let Some(secrets) = storage.iter().find_map(|key| Secrets::open(&sealed, key)) {
                return Ok(Some(secrets));
            }
        }
        Ok(None)
    }

    /// Seals the log's own keys with another storage key, in one of their two copies; the other follows at the next start.
    ///
    /// # Errors
    /// [`FilesError`].
    pub fn rewrap(&self, storage: &Key) -> Result<(), FilesError> {
        let sealed = self.secrets.sealed(storage).ok_or(FilesError::Crypto)?;
        Ok(write_private(&self.dir.join(KEYS[0]), &sealed)?)
    }

    /// What signs.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The newest head; `None` before the first record.
    pub const fn head(&self) -> Option<Head> {
        self.head
    }

    /// The end of the chain.
    pub const fn chain(&self) -> Chain {
        self.chain
    }

    /// Bytes of all segments, the reserve not among them.
    pub fn bytes(&self) -> u64 {
        (self.segments.len() * segment::BYTES) as u64
    }

    /// Blank segments at hand.
    pub fn reserve(&self) -> usize {
        (0..RESERVE).filter(|n| self.blank(*n).exists()).count()
    }

    /// What reading needs; the writer is not held up by it.
    pub fn reading(&self) -> Reading {
        Reading { segments: self.segments.iter().cloned().collect(), cipher: Arc::clone(&self.cipher) }
    }

    /// Appends `entries`, all or none. Durable when it returns.
    ///
    /// # Errors
    /// [`FilesError`]; nothing is then appended.
    pub fn append(&mut self, entries: Vec<Entry>, at: Timestamp, clock: ClockState) -> Result<Option<Head>, FilesError> {
        let (before, kept) = ((self.chain, self.offset), self.segments.len());
        let outcome = self.try_append(entries, at, clock);
        if outcome.is_err() {
            // A segment that was begun meanwhile is empty: it goes back to the reserve's place at the next attempt.
            while self.segments.len() > kept {
                if let Some(begun) = self.segments.pop_back() {
                    self.give_back(&begun.path);
                }
            }
            (self.chain, self.offset) = before;
            self.file = self.segments.back().and_then(|segment| segment::open(&segment.path).ok());
            if let Some(file) = &self.file {
                // What was half written must not be read as records; the place is ours already, so this needs no space.
                let _still_failing = file.write_all_at(&[0; 4], self.offset).and_then(|()| file.sync_data());
            }
        }
        outcome
    }

    fn try_append(&mut self, entries: Vec<Entry>, at: Timestamp, clock: ClockState) -> Result<Option<Head>, FilesError> {
        let mut newest = None;
        for entry in entries {
            let before = self.chain;
            let (line, head) = self.chain.next(entry, at, clock, &self.signer)?;
            let frame = segment::frame(&self.cipher, &line).ok_or(FilesError::Crypto)?;
            // The four bytes after it, which end the segment, must find room, too.
            if self.file.is_none() || self.offset + frame.len() as u64 + 4 > segment::BYTES as u64 {
                self.begin_segment(before)?;
            }
            let file = self.file.as_ref().ok_or_else(|| io::Error::other("no segment"))?;
            #[cfg(test)]
            if self.fails {
                return Err(io::Error::from(io::ErrorKind::StorageFull).into());
            }
            file.write_all_at(&[&frame[..], &[0; 4]].concat(), self.offset)?;
            self.offset += frame.len() as u64;
            newest = Some(head);
        }
        let Some(head) = newest else { return Ok(self.head) };
        self.file.as_ref().ok_or_else(|| io::Error::other("no segment"))?.sync_data()?;
        self.keep_head(head)?;
        self.head = Some(head);
        Ok(newest)
    }

    /// Gives up the oldest segments through the one that ends with `through`, when a record says so.
    pub fn give_up(&mut self, through: u64) {
        while self.segments.get(1).is_some_and(|next| next.before.seq <= through) {
            let Some(oldest) = self.segments.pop_front() else { return };
            if let Err(error) = std::fs::remove_file(&oldest.path) {
                tracing::error!(error = &error as &dyn std::error::Error, "an old segment of the audit trail is still there");
            }
        }
    }

    /// Newest record and its time of the oldest segment, when there is a newer segment.
    pub fn oldest(&self) -> Option<(u64, Timestamp)> {
        let next = self.segments.get(1)?;
        let page = self.reading().page(0).ok()??;
        let last = page.lines.iter().rev().flatten().find_map(|line| read_line(line).ok());
        Some((next.before.seq, last.map_or(Timestamp(i64::MIN), |line: Line| line.record.at)))
    }

    /// Makes what is missing of the reserve, as far as the disk allows.
    pub fn refill(&self) {
        for path in (0..RESERVE).map(|n| self.blank(n)).filter(|path| !path.exists()) {
            if let Err(error) = segment::make_blank(&path) {
                tracing::warn!(error = &error as &dyn std::error::Error, "the audit trail's reserve is not full");
                return;
            }
        }
    }

    fn blank(&self, n: usize) -> PathBuf {
        self.dir.join(format!("reserve-{n}"))
    }

    fn give_back(&self, path: &Path) {
        // Only its beginning was written.
        let blanked = segment::open(path).and_then(|file| {
            file.write_all_at(&[0; segment::BYTES], 0)?;
            file.sync_all()
        });
        let free = (0..RESERVE).map(|n| self.blank(n)).find(|path| !path.exists());
        let _gone = match (blanked, free) {
            (Ok(()), Some(free)) => std::fs::rename(path, free),
            _ => std::fs::remove_file(path),
        };
    }

    fn begin_segment(&mut self, before: Chain) -> Result<(), FilesError> {
        if let Some(full) = &self.file {
            full.sync_data()?;
        }
        // One whose records cannot be found stays beside the one that goes on from the same place.
        let name = |n: u32| self.dir.join(format!("{:020}-{n}.seg", before.seq + 1));
        let path = (0..100).map(name).find(|path| !path.exists()).ok_or_else(|| io::Error::other("too many broken segments"))?;
        match (0..RESERVE).map(|n| self.blank(n)).find(|path| path.exists()) {
            Some(blank) => std::fs::rename(blank, &path)?,
            None => segment::make_blank(&path)?,
        }
        let file = segment::open(&path)?;
        file.write_all_at(&Header { log: self.signer.log(), before }.bytes(), 0)?;
        file.sync_data()?;
        haubert_service::files::sync_folder_of(&path)?;
        self.segments.push_back(Segment { path, before });
        self.file = Some(file);
        self.offset = segment::HEADER as u64;
        Ok(())
    }

    fn find_segments(&mut self) -> Result<(), FilesError> {
        self.segments = segments_of(&self.dir, &self.signer)?.into();
        Ok(())
    }

    /// Finds the end of the chain. Gives the number of the last record that should be there and is not.
    fn go_to_end(&mut self) -> Result<Option<u64>, FilesError> {
        let Some(last) = self.segments.back().cloned() else {
            let Some(head) = self.head else { return Ok(None) };
            self.chain = Chain { seq: head.seq, hash: head.hash };
            return Ok(Some(head.seq));
        };
        let bytes = haubert_service::files::read_bounded(&last.path, segment::BYTES as u64)?;
        let found = segment::frames(&bytes);
        let (mut chain, mut end) = (last.before, segment::HEADER);
        for range in found.at {
            let after = range.end;
            let line = bytes.get(range).and_then(|sealed| segment::unseal(&self.cipher, sealed));
            if let Some(line) = line.and_then(|line| read_line(&line).ok()) {
                (chain, end) = (Chain { seq: line.record.seq, hash: line.hash }, after);
                // What was written after the head, and before it, when the power went.
                if self.head.is_none_or(|head| head.seq < chain.seq) {
                    self.head = Some(line.head(self.signer.log()));
                }
            }
        }
        let kept = self.head.map_or(Chain::EMPTY, |head| Chain { seq: head.seq, hash: head.hash });
        if kept.seq > chain.seq || found.broken {
            // What should follow is not there. It stays for whoever looks; the chain goes on in another segment.
            (self.chain, self.file) = (if kept.seq > chain.seq { kept } else { chain }, None);
            return Ok(Some(kept.seq));
        }
        (self.chain, self.offset) = (chain, end as u64);
        let file = segment::open(&last.path)?;
        file.write_all_at(&[0; 4], self.offset)?;
        self.file = Some(file);
        Ok(None)
    }

    fn kept_head(&self) -> Option<Head> {
        newest_head(&self.heads, &self.signer)
    }

    fn keep_head(&self, head: Head) -> Result<(), FilesError> {
        let mut text = serde_json::to_vec(&head)?;
        text.resize(SLOT, b' ');
        self.heads.write_all_at(&text, (head.seq % 2) * SLOT as u64)?;
        Ok(self.heads.sync_data()?)
    }
}

/// The log's own keys are kept twice.
const KEYS: [&str; 2] = ["keys", "keys.copy"];

fn newest_head(file: &File, signer: &Signer) -> Option<Head> {
    let mut bytes = [0; 2 * SLOT];
    file.read_exact_at(&mut bytes, 0).ok()?;
    let heads = bytes.chunks_exact(SLOT).filter_map(|slot| serde_json::from_slice::<Head>(slot).ok());
    heads.filter(|head| head.log == signer.log() && head.is_signed_by(&signer.public_key())).max_by_key(|head| head.seq)
}

fn segments_of(dir: &Path, signer: &Signer) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        let mut bytes = [0; segment::HEADER];
        // A beginning that cannot be read leaves its records unfound; the verifier says which they are.
        if File::open(&path)?.read_exact_at(&mut bytes, 0).is_err() {
            continue;
        }
        if let Some(Header { log, before }) = Header::read(&bytes)
            && log == signer.log()
        {
            segments.push(Segment { path, before });
        }
    }
    segments.sort_by(|a: &Segment, b| (a.before.seq, &a.path).cmp(&(b.before.seq, &b.path)));
    Ok(segments)
}
