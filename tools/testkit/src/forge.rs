//! A certification authority made with openssl, and TLS servers that prove themselves badly: what no client may accept.
//!
//! Made by a foreign tool on purpose: it signs with SHA-1, over short keys and for dates gone by, which our own libraries refuse.

use crate::program::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What is wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing: the control.
    None,
    /// Expired long ago.
    Expired,
    /// Valid from the future on.
    NotYetValid,
    /// For another name.
    WrongName,
    /// Signed by another authority of the same name.
    UnknownAuthority,
    /// Signed by itself.
    SelfSigned,
    /// On the authority's revocation list.
    Revoked,
    /// RSA of 1024 bits.
    WeakKey,
    /// Signed with SHA-1.
    WeakSignature,
    /// For clients only.
    WrongUse,
    /// Speaks TLS 1.2 only.
    OldTls,
    /// Speaks TLS 1.2 with CBC suites only.
    OldCipher,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::None,
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::UnknownAuthority,
        Self::SelfSigned,
        Self::Revoked,
        Self::WeakKey,
        Self::WeakSignature,
        Self::WrongUse,
        Self::OldTls,
        Self::OldCipher,
    ];
}

/// An authority, its files in a folder.
pub struct Forge {
    dir: PathBuf,
}

/// A server that ends when dropped.
pub struct TlsServer {
    child: Child,
    /// Kept open: closed, it would end the server at its next word.
    said: BufReader<ChildStdout>,
    /// TCP port on loopback.
    pub port: u16,
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

const CONFIG: &str = "[ca]\ndefault_ca=it\n[it]\ndir=.\ndatabase=index.txt\nserial=serial\ncrlnumber=crlnumber\nnew_certs_dir=.\n\
    default_md=sha256\npolicy=any\nunique_subject=no\ncertificate=ca.pem\nprivate_key=ca.key\nemail_in_dn=no\nrand_serial=yes\n[any]\ncommonName=supplied\n";

impl Forge {
    /// Makes an authority called `Test authority` in `dir`.
    ///
    /// # Errors
    /// When openssl is missing or fails.
    pub fn new(dir: &Path) -> Result<Self, Error> {
        let forge = Self { dir: dir.to_owned() };
        for (name, text) in [("ca.cnf", CONFIG), ("index.txt", ""), ("serial", "1000"), ("crlnumber", "01")] {
            std::fs::write(dir.join(name), text).map_err(|source| Error::Io { what: format!("write {name}"), source })?;
        }
        forge.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 \
             -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
            &["-subj", "/CN=Test authority"],
        )?;
        Ok(forge)
    }

    /// Runs openssl in the authority's folder; `words` are split at spaces.
    ///
    /// # Errors
    /// What it said.
    pub fn openssl(&self, words: &str, more: &[&str]) -> Result<Vec<u8>, Error> {
        let what = format!("openssl {words}");
        let output = Command::new("openssl")
            .args(words.split_whitespace())
            .args(more)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Io { what: what.clone(), source })?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(Error::Late(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)))),
        }
    }

    /// A file of the folder as text.
    ///
    /// # Errors
    /// What the system said.
    pub fn read(&self, name: &str) -> Result<String, Error> {
        std::fs::read_to_string(self.dir.join(name)).map_err(|source| Error::Io { what: format!("read {name}"), source })
    }

    /// The authority's certificate, PEM.
    ///
    /// # Errors
    /// What the system said.
    pub fn authority_pem(&self) -> Result<String, Error> {
        self.read("ca.pem")
    }

    /// The revocation list as it is now, PEM, good for `days`.
    ///
    /// # Errors
    /// What openssl said.
    pub fn crl_pem(&self, days: u32) -> Result<String, Error> {
        self.openssl(&format!("ca -batch -config ca.cnf -gencrl -crldays {days} -out crl.pem"), &[])?;
        self.read("crl.pem")
    }

    /// Makes `<name>.key` and `<name>.pem` for a server at 127.0.0.1 with the flaw in it.
    ///
    /// # Errors
    /// What openssl said.
    pub fn certificate(&self, name: &str, flaw: Flaw) -> Result<(), Error> {
        let address = if flaw == Flaw::WrongName { "192.0.2.1" } else { "127.0.0.1" };
        let usage = if flaw == Flaw::WrongUse { "clientAuth" } else { "serverAuth" };
        self.signed(name, flaw, &format!("subjectAltName=IP:{address}\nextendedKeyUsage={usage}\n"))
    }

    /// Makes `<name>.key` and `<name>.pem` for a Modbus master, with the flaw in it, and the role if any (Modbus/TCP Security).
    ///
    /// # Errors
    /// What openssl said.
    pub fn master(&self, name: &str, role: Option<&str>, flaw: Flaw) -> Result<(), Error> {
        let usage = if flaw == Flaw::WrongUse { "serverAuth" } else { "clientAuth" };
        let role = role.map(|role| format!("1.3.6.1.4.1.50316.802.1=ASN1:UTF8String:{role}\n")).unwrap_or_default();
        self.signed(name, flaw, &format!("extendedKeyUsage={usage}\n{role}"))
    }

    fn signed(&self, name: &str, flaw: Flaw, extensions: &str) -> Result<(), Error> {
        let key = match flaw {
            Flaw::WeakKey => "-newkey rsa:1024",
            _ => "-newkey ec -pkeyopt ec_paramgen_curve:P-256",
        };
        let extensions = format!("keyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n{extensions}");
        let file = format!("{name}.ext");
        std::fs::write(self.dir.join(&file), extensions).map_err(|source| Error::Io { what: format!("write {file}"), source })?;
        self.openssl(&format!("req {key} -nodes -keyout {name}.key -out {name}.csr"), &["-subj", "/CN=peer"])?;
        if flaw == Flaw::SelfSigned {
            let words = format!("x509 -req -in {name}.csr -signkey {name}.key -days 30 -extfile {file} -out {name}.pem");
            return self.openssl(&words, &[]).map(drop);
        }
        if flaw == Flaw::UnknownAuthority {
            let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -days 30";
            self.openssl(words, &["-subj", "/CN=Test authority"])?;
            let words =
                format!("x509 -req -in {name}.csr -CA other.pem -CAkey other.key -days 30 -extfile {file} -out {name}.pem");
            return self.openssl(&words, &["-CAcreateserial"]).map(drop);
        }
        let dates = match flaw {
            Flaw::Expired => "-startdate 200101000000Z -enddate 200201000000Z",
            Flaw::NotYetValid => "-startdate 20890101000000Z -enddate 20900101000000Z",
            _ => "-days 90",
        };
        let digest = if flaw == Flaw::WeakSignature { "sha1" } else { "sha256" };
        let words =
            format!("ca -batch -notext -config ca.cnf -in {name}.csr -out {name}.pem -md {digest} {dates} -extfile {file}");
        self.openssl(&words, &[])?;
        if flaw == Flaw::Revoked {
            self.openssl(&format!("ca -batch -config ca.cnf -revoke {name}.pem"), &[])?;
        }
        Ok(())
    }

    /// Serves TLS with the flaw, on a free port; HTTP clients that get past the handshake see a status page.
    ///
    /// # Errors
    /// When openssl fails or does not say where it listens.
    pub fn serve(&self, flaw: Flaw) -> Result<TlsServer, Error> {
        let name = format!("{flaw:?}").to_lowercase();
        self.certificate(&name, flaw)?;
        let words = format!("s_server -accept 127.0.0.1:0 -key {name}.key -cert {name}.pem -www -cipher ALL:@SECLEVEL=0");
        let old: &[&str] = match flaw {
            Flaw::OldTls => &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384:@SECLEVEL=0"],
            Flaw::OldCipher => &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"],
            _ => &[],
        };
        let mut child = Command::new("openssl")
            .args(words.split_whitespace())
            .args(old)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Error::Io { what: words.clone(), source })?;
        let said = child.stdout.take().ok_or_else(|| Error::Late(format!("{words}: no output")))?;
        let mut server = TlsServer { child, said: BufReader::new(said), port: 0 };
        let mut line = String::new();
        while server.said.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            if let Some(port) = line.strip_prefix("ACCEPT").and_then(|rest| rest.rsplit(':').next()?.trim().parse().ok()) {
                server.port = port;
                return Ok(server);
            }
            line.clear();
        }
        Err(Error::Late(format!("{words}: it does not say where it listens")))
    }
}
