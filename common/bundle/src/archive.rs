//! The bundle's container: the plainest tar there is, read without mercy.
//!
//! `tar tf` lists it, so anybody can look. Ours is stricter than the format: a header must be, byte for byte, the one that
//! [`header`] makes of its name and size, so there are no links, modes, owners, times or extensions to get wrong; names are
//! checked against a small alphabet; sizes and counts are bounded; the last entry is the SHA-256 of everything before it, which
//! tells a damaged stick from an attack. Nothing is ever unpacked by name: callers ask for entries, and place them themselves.

use crate::{Refusal, hex};
use aws_lc_rs::digest::{Context, SHA256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const BLOCK: usize = 512;
/// First entry: what this is, and in which format.
const MARK: &str = "haubert-bundle";
const MARK_CONTENT: &[u8] = b"1\n";
/// Last entry.
const CHECKSUM: &str = "checksum";
/// Most bytes of a bundle.
pub const MAX_BUNDLE: u64 = 256 * 1024 * 1024;
/// Most bytes of a metadata file.
pub const MAX_METADATA: u64 = 512 * 1024;
/// Most entries.
const MAX_ENTRIES: usize = 512;

/// Where an entry's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    offset: u64,
    len: u64,
}

/// A bundle on disk whose container is sound. What is inside is not yet believed.
#[derive(Debug, Clone)]
pub struct Archive {
    path: PathBuf,
    entries: BTreeMap<String, Place>,
}

impl Archive {
    /// Reads the whole file once.
    ///
    /// # Errors
    /// [`Refusal`] of the container.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        let file = File::open(path)?;
        if file.metadata()?.len() > MAX_BUNDLE {
            return Err(Refusal::TooLarge(format!("more than {MAX_BUNDLE} bytes")));
        }
        let mut input = io::BufReader::with_capacity(64 * 1024, file.take(MAX_BUNDLE + 1));
        Ok(Self { path: path.to_owned(), entries: index(&mut input)? })
    }

    /// Names of all entries.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// An entry's size in bytes.
    pub fn len(&self, name: &str) -> Option<u64> {
        self.entries.get(name).map(|place| place.len)
    }

    /// An entry of at most `limit` bytes; `None` when there is none.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`]; what the disk says.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Refusal> {
        match self.len(name) {
            None => Ok(None),
            Some(len) if len > limit => Err(Refusal::TooLarge(format!("{name} has {len} bytes"))),
            Some(_) => {
                let mut bytes = Vec::new();
                self.copy(name, &mut bytes)?;
                Ok(Some(bytes))
            }
        }
    }

    /// Writes an entry to `to`, piece by piece, and tells its SHA-256.
    ///
    /// # Errors
    /// [`Refusal::Incomplete`] when there is none; what the disk says.
    pub fn copy(&self, name: &str, to: &mut dyn Write) -> Result<[u8; 32], Refusal> {
        let place = self.entries.get(name).ok_or_else(|| Refusal::Incomplete(name.to_owned()))?;
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(place.offset))?;
        let mut input = Hashing { inner: file.take(place.len), context: Context::new(&SHA256), at: 0 };
        let copied = io::copy(&mut input, to)?;
        if copied != place.len {
            return Err(Refusal::Truncated);
        }
        Ok(input.digest())
    }
}

/// Counts and hashes what passes.
struct Hashing<R> {
    inner: R,
    context: Context,
    at: u64,
}

impl<R: Read> Hashing<R> {
    fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.context.clone().finish().as_ref());
        digest
    }

    fn block(&mut self) -> Result<[u8; BLOCK], Refusal> {
        let mut block = [0; BLOCK];
        self.read_exact(&mut block).map_err(ended)?;
        Ok(block)
    }

    /// Reads an entry's bytes and its padding, which must be zero.
    fn body(&mut self, len: u64, to: &mut dyn Write) -> Result<(), Refusal> {
        if io::copy(&mut self.by_ref().take(len), to)? != len {
            return Err(Refusal::Truncated);
        }
        let padding = len.next_multiple_of(BLOCK as u64) - len;
        let mut rest = Vec::new();
        self.by_ref().take(padding).read_to_end(&mut rest)?;
        match rest.iter().all(|byte| *byte == 0) {
            true if rest.len() as u64 == padding => Ok(()),
            true => Err(Refusal::Truncated),
            false => Err(Refusal::Damaged("padding".to_owned())),
        }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.context.update(into.get(..read).unwrap_or_default());
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

fn ended(error: io::Error) -> Refusal {
    if error.kind() == ErrorKind::UnexpectedEof { Refusal::Truncated } else { error.into() }
}

/// Reads a whole archive and tells where its entries are.
///
/// # Errors
/// [`Refusal`] of the container.
fn index(input: &mut impl Read) -> Result<BTreeMap<String, Place>, Refusal> {
    let mut input = Hashing { inner: input, context: Context::new(&SHA256), at: 0 };
    let (name, len) = entry(&input.block()?)?.ok_or(Refusal::NotABundle)?;
    let mut mark = Vec::new();
    if name != MARK || len != MARK_CONTENT.len() as u64 {
        return Err(Refusal::NotABundle);
    }
    input.body(len, &mut mark)?;
    if mark != MARK_CONTENT {
        return Err(Refusal::NotABundle);
    }
    let mut entries = BTreeMap::new();
    loop {
        let digest = input.digest();
        let Some((name, len)) = entry(&input.block()?)? else {
            return Err(Refusal::Damaged("it has no checksum".to_owned()));
        };
        if name == CHECKSUM {
            let mut said = Vec::new();
            if len != 65 {
                return Err(Refusal::Damaged("its checksum has a wrong length".to_owned()));
            }
            input.body(len, &mut said)?;
            if said != format!("{}\n", hex(&digest)).as_bytes() {
                return Err(Refusal::Damaged("its checksum does not fit".to_owned()));
            }
            break;
        }
        let limit = if name.starts_with("metadata/") { MAX_METADATA } else { MAX_BUNDLE };
        if len > limit || entries.len() >= MAX_ENTRIES || input.at.saturating_add(len) > MAX_BUNDLE {
            return Err(Refusal::TooLarge(format!("{name} with {len} bytes, entry {}", entries.len() + 1)));
        }
        let place = Place { offset: input.at, len };
        input.body(len, &mut io::sink())?;
        if entries.insert(name.clone(), place).is_some() {
            return Err(Refusal::Damaged(format!("{name} occurs twice")));
        }
    }
    for _ in 0..2 {
        if entry(&input.block()?)?.is_some() {
            return Err(Refusal::Damaged("something follows the checksum".to_owned()));
        }
    }
    match input.read(&mut [0])? {
        0 => Ok(entries),
        _ => Err(Refusal::Damaged("something follows its end".to_owned())),
    }
}

/// Reads a whole archive from memory; for fuzzing, and for whoever has one there.
///
/// # Errors
/// [`Refusal`] of the container.
pub fn entries_of(bytes: &[u8]) -> Result<Vec<(String, u64)>, Refusal> {
    Ok(index(&mut &*bytes)?.into_iter().map(|(name, place)| (name, place.len)).collect())
}

/// A header's name and size; `None` for a block of zeros.
fn entry(block: &[u8; BLOCK]) -> Result<Option<(String, u64)>, Refusal> {
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
    if field(257, 265) != b"ustar\x0000" {
        return Err(Refusal::NotABundle);
    }
    if octal(field(148, 154)) != Some(sum(block)) {
        return Err(Refusal::Damaged("a header's sum does not fit".to_owned()));
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
    let name = text(field(0, 100));
    if field(156, 157) != b"0" {
        return Err(Refusal::UnsafeEntry(name));
    }
    let prefix = text(field(345, 500));
    if !prefix.is_empty() || !is_safe(&name) {
        return Err(Refusal::UnsafeName(format!("{prefix}{name}")));
    }
    let size = octal(field(124, 135)).ok_or_else(|| Refusal::Damaged(format!("the size of {name}")))?;
    if header(&name, size).as_ref() != Some(block) {
        return Err(Refusal::Damaged(format!("the header of {name}")));
    }
    Ok(Some((name, size)))
}

/// `metadata/…`, `targets/…` or a plain name, of letters, digits, `.`, `_` and `-`, not beginning with a dot.
fn is_safe(name: &str) -> bool {
    let plain = name.strip_prefix("metadata/").or_else(|| name.strip_prefix("targets/")).unwrap_or(name);
    is_plain(plain) && (plain != name || name == MARK || name == CHECKSUM)
}

/// Whether a name is a file name and nothing more.
pub fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=160).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

fn octal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
        number.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

/// Sum of the header's bytes, with its own field as blanks.
fn sum(block: &[u8; BLOCK]) -> u64 {
    block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) }).sum()
}

/// The one header that an entry may have; `None` when name or size do not fit.
fn header(name: &str, size: u64) -> Option<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| -> Option<()> {
        block.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
        Some(())
    };
    if name.len() > 100 || size >= 1 << 33 {
        return None;
    }
    put(0, name.as_bytes())?;
    put(100, b"0000644\x00")?;
    put(108, b"0000000\x000000000\x00")?;
    put(124, format!("{size:011o}\x0000000000000\x00").as_bytes())?;
    put(156, b"0")?;
    put(257, b"ustar\x0000")?;
    let total = format!("{:06o}\x00 ", sum(&block));
    block.get_mut(148..156)?.copy_from_slice(total.as_bytes());
    Some(block)
}

/// Writes a bundle: the same entries give the same bytes.
pub struct Writer<W> {
    out: W,
    context: Context,
}

impl<W: Write> Writer<W> {
    /// Begins.
    ///
    /// # Errors
    /// What the system said.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = Self { out, context: Context::new(&SHA256) };
        writer.add(MARK, MARK_CONTENT)?;
        Ok(writer)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// `InvalidInput` for a name or size that no reader would take; what the system said.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let size = bytes.len() as u64;
        let head = header(name, size).filter(|_| is_safe(name));
        let head = head.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, format!("no entry may be named {name:?}")))?;
        let padding = vec![0; usize::try_from(size.next_multiple_of(BLOCK as u64) - size).unwrap_or(0)];
        for part in [&head[..], bytes, &padding] {
            self.context.update(part);
            self.out.write_all(part)?;
        }
        Ok(())
    }

    /// Ends.
    ///
    /// # Errors
    /// What the system said.
    pub fn finish(mut self) -> io::Result<W> {
        let digest = self.context.clone().finish();
        self.add(CHECKSUM, format!("{}\n", hex(digest.as_ref())).as_bytes())?;
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
