//! The clear words before TLS (RFC 3207): nothing is said in them but that TLS is wanted.

use crate::session::{SessionError, Stage};
use std::net::IpAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Longest answer, in bytes.
const MAX_ANSWER: usize = 16 * 1024;

/// Asks a server that greets in clear for TLS. Afterwards the next byte on the stream is TLS's; what a server, or somebody in
/// between, put after its word is left for TLS to refuse.
///
/// # Errors
/// [`SessionError`]; `starttls_missing` when it does not offer it: then nothing more is said, and nothing secret was.
pub async fn ask_for_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, hello: IpAddr) -> Result<(), SessionError> {
    answer(stream, Stage::Greeting).await?;
    let hello = match hello {
        IpAddr::V4(ip) => format!("EHLO [{ip}]\r\n"),
        IpAddr::V6(ip) => format!("EHLO [IPv6:{ip}]\r\n"),
    };
    say(stream, &hello).await?;
    let offered = answer(stream, Stage::Greeting).await?;
    if !offered.lines().filter_map(|line| line.get(4..)).any(|word| word.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(SessionError::NoTls);
    }
    say(stream, "STARTTLS\r\n").await?;
    answer(stream, Stage::StartTls).await.map(drop)
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) -> Result<(), SessionError> {
    stream.write_all(line.as_bytes()).await.map_err(SessionError::Ended)?;
    stream.flush().await.map_err(SessionError::Ended)
}

/// One answer, byte by byte, so that nothing after it is taken from the stream.
async fn answer<S: AsyncRead + Unpin>(stream: &mut S, stage: Stage) -> Result<String, SessionError> {
    let (mut said, mut line) = (Vec::new(), 0);
    loop {
        let byte = stream.read_u8().await.map_err(SessionError::Ended)?;
        said.push(byte);
        if said.len() > MAX_ANSWER {
            return Err(SessionError::NotUnderstood("an answer without end".to_owned()));
        }
        if byte != b'\n' {
            continue;
        }
        let last = said.get(line..).unwrap_or_default();
        let code = last.get(..3).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse::<u16>().ok());
        let Some(code) = code else { return Err(SessionError::NotUnderstood("a line without code".to_owned())) };
        if last.get(3) == Some(&b'-') {
            line = said.len();
            continue;
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        return if (200..300).contains(&code) { Ok(said) } else { Err(SessionError::refused(stage, code, &said)) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    /// What the client makes of these answers, and what is left on the stream.
    async fn asked(said: &[u8]) -> (Result<(), SessionError>, Vec<u8>, String) {
        let (mut ours, mut theirs) = tokio::io::duplex(64 * 1024);
        theirs.write_all(said).await.unwrap();
        let (mut reads, mut writes) = tokio::io::split(theirs);
        writes.shutdown().await.unwrap();
        let outcome = ask_for_tls(&mut ours, Ipv4Addr::LOCALHOST.into()).await;
        let mut left = Vec::new();
        ours.read_to_end(&mut left).await.unwrap();
        drop(ours);
        let mut heard = String::new();
        reads.read_to_string(&mut heard).await.unwrap();
        (outcome, left, heard)
    }

    #[tokio::test]
    async fn a_server_that_offers_it_is_asked() {
        let (outcome, left, heard) =
            asked(b"220 mail.example\r\n250-mail.example\r\n250-SIZE 1000\r\n250 starttls\r\n220 go\r\n\x16\x03").await;
        outcome.unwrap();
        assert_eq!((left.as_slice(), heard.as_str()), (&b"\x16\x03"[..], "EHLO [127.0.0.1]\r\nSTARTTLS\r\n"));
    }

    #[tokio::test]
    async fn a_server_that_does_not_is_left() {
        let (outcome, _, heard) = asked(b"220 x\r\n250-x\r\n250 AUTH PLAIN\r\n").await;
        assert_eq!((outcome.unwrap_err().code(), heard.as_str()), ("starttls_missing", "EHLO [127.0.0.1]\r\n"));
        let (outcome, ..) = asked(b"220 x\r\n250 STARTTLS\r\n454 no certificate today\r\n").await;
        assert_eq!(outcome.unwrap_err().code(), "starttls_refused");
        let (outcome, ..) = asked(b"554 not you\r\n").await;
        assert_eq!(outcome.unwrap_err().code(), "greeting_refused");
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_it_ends(said in proptest::collection::vec(any::<u8>(), 0..2000), endless in any::<bool>()) {
            let said = if endless { vec![b'2'; 40_000] } else { said };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (outcome, ..) = runtime.block_on(asked(&said));
            prop_assert!(outcome.is_err());
        }
    }
}
