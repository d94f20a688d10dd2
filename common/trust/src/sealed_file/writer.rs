//! Writing a sealed file.

use super::stream::{CHUNK, Chunks, Header, SealedFault, SealedFor, TAG};
use std::io::{self, Write};
use zeroize::Zeroize;

/// Encrypts what is written to it. Only [`SealedWriter::finish`] makes the file whole.
pub struct SealedWriter<W> {
    to: W,
    chunks: Chunks,
    number: u32,
    pending: Vec<u8>,
}

impl<W: Write> SealedWriter<W> {
    /// Writes the header. A passphrase takes a part of a second.
    ///
    /// # Errors
    /// What `to` says; a failure of the cryptographic library.
    pub fn new(mut to: W, sealed_for: &SealedFor) -> io::Result<Self> {
        let (header, chunks) = Header::seal(sealed_for).map_err(io::Error::other)?;
        to.write_all(header.bytes())?;
        Ok(Self { to, chunks, number: 0, pending: Vec::with_capacity(CHUNK + TAG) })
    }

    /// Writes the last chunk and gives back what was written to.
    ///
    /// # Errors
    /// What it says.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn put(&mut self, is_last: bool) -> io::Result<()> {
        self.chunks.seal(self.number, is_last, &mut self.pending).map_err(io::Error::other)?;
        self.to.write_all(&self.pending)?;
        self.pending.zeroize();
        self.number = self.number.checked_add(1).ok_or_else(|| io::Error::other(SealedFault::Crypto))?;
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until it is known whether it is the last.
        if self.pending.len() == CHUNK && !bytes.is_empty() {
            self.put(false)?;
        }
        let (taken, _) = bytes.split_at(bytes.len().min(CHUNK - self.pending.len()));
        self.pending.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
