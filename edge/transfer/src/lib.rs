//! Files carried to a server: FTPS with TLS after a word or from the first byte (RFC 4217), SFTP, and HTTPS by PUT or POST; messages by POST.
//!
//! A file stands under its name only when it is whole: by FTPS and SFTP it is written beside, its length asked for, and renamed.
//! Content comes piece by piece, so that no file need ever be held. What a server says is bounded in length.

mod content;
mod error;
mod ftps;
mod https;
mod sftp;
mod tls;

pub use content::{Broken, Content, Piece};
pub use error::{Stage, TransferError};
pub use ftps::Ftps;
pub use https::{Https, Method};
pub use sftp::{HostKey, Proof, Sftp, SshKey};

/// Under which name a file is written until it is whole.
fn partial(name: &str) -> String {
    format!("{name}.part")
}

/// The folders of a path, from the outermost; whether it begins at the root.
fn folders(path: &str) -> (bool, impl Iterator<Item = &str>) {
    (path.starts_with('/'), path.split('/').filter(|folder| !folder.is_empty()))
}
