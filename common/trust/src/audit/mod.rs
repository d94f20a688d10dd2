//! The audit trail: what a record says, how records hang together, and how tampering shows. Pure: times and bytes come in.
//!
//! *Format, version 1.* A record is one line of JSON without white space, its fields in the order of [`Record`]. `prev` is the
//! hash of the record before. The line ends with `,"hash":"…","sig":"…"}`: the SHA-256 of what the line would be without these
//! two fields (so `…}`), in hex, and an Ed25519 signature, in base64, of `"haubert audit v1"`, a zero byte, the log's identity
//! (16 bytes), the sequence number (8 bytes, most significant first) and the hash. Sequence numbers start at 1 and have no gaps.
//!
//! Each record is signed, not only the newest: whoever changes one without the key is found at that very record, and any record
//! that left the gateway is a *signed head*, which proves all that came before it. Who has the key can write another past; only
//! heads kept elsewhere (the hub, an export, syslog) show that, which is why they leave the gateway all the time.

mod head;
mod line;
mod record;
mod secret;
mod verify;

#[cfg(test)]
mod tests;

pub use head::{Hash, Head, LogId, NotBytes, PublicKey, Signer};
pub use line::{Chain, Line, LineError, MAX_LINE, read_line};
pub use record::{Actor, ActorKind, Category, ClockState, Entry, Outcome, Record, Target};
pub use secret::{Cipher, SEALED_BYTES, Secrets};
pub use verify::{Fault, FaultKind, ROTATED, Verdict, Verifier};
