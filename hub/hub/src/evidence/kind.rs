//! What a file is, by its content. Pure.
//!
//! The name must agree with the content: whoever saves the file and opens it gets what was looked at.

use super::office;
use serde::{Deserialize, Serialize};

/// What proofs come as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EvidenceKind)]
pub(crate) enum Kind {
    Pdf,
    Png,
    Jpeg,
    Webp,
    /// Lines of text: also CSV, logs and exported settings.
    Text,
    Docx,
    Xlsx,
    Odt,
    Ods,
    /// A capture of traffic.
    Pcap,
}

impl Kind {
    /// Every one that is taken.
    pub(crate) const ALL: [Self; 10] =
        [Self::Pdf, Self::Png, Self::Jpeg, Self::Webp, Self::Text, Self::Docx, Self::Xlsx, Self::Odt, Self::Ods, Self::Pcap];

    /// Endings that a name of this kind may have; the first is given to a name without one.
    pub(crate) const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Webp => &["webp"],
            Self::Text => &["txt", "csv", "tsv", "log", "md", "cfg", "conf", "ini", "json"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
            Self::Pcap => &["pcap", "pcapng", "cap"],
        }
    }
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the file is empty")]
    Empty,
    #[error("the file carries the test signature of malware (EICAR)")]
    Malware,
    #[error("the file is a program or holds one")]
    Program,
    #[error("the file is a script")]
    Script,
    #[error("the file is a web page or a drawing that can hold scripts (HTML, SVG, XML); save it as PDF or PNG")]
    Markup,
    #[error("the document holds macros or runs something when opened; save it without, or as PDF")]
    Macros,
    #[error("the file is encrypted, so nobody here can look at it")]
    Encrypted,
    #[error("the file is an archive; upload what is in it, one file at a time")]
    Archive,
    #[error("the file is a document of an old form that can hold macros; save it as PDF, DOCX or XLSX")]
    OldOffice,
    #[error("the file is damaged")]
    Damaged,
    #[error("the name of the file promises another kind than its content")]
    Name,
    #[error("only PDF, PNG, JPEG, WebP, text, CSV, DOCX, XLSX, ODT, ODS and captures of traffic (pcap) are taken")]
    Unknown,
}

impl Refusal {
    /// Stable code for programs.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Malware => "malware",
            Self::Program => "program",
            Self::Script => "script",
            Self::Markup => "markup",
            Self::Macros => "macros",
            Self::Encrypted => "encrypted",
            Self::Archive => "archive",
            Self::OldOffice => "old_office",
            Self::Damaged => "damaged",
            Self::Name => "name",
            Self::Unknown => "not_taken",
        }
    }
}

/// The test file that every scanner knows. In two parts, so that no scanner takes this program for it.
const EICAR: [&[u8]; 2] = [b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!"];
/// How much of a text browsers look at to tell what it is, and a little more.
const SNIFFED: usize = 4096;
const PROGRAMS: [&[u8]; 8] = [
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\0asm",
];
const ARCHIVES: [&[u8]; 7] =
    [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"MSCF", b"\x28\xb5\x2f\xfd"];
const CAPTURES: [&[u8]; 5] =
    [b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a"];
const OLD_OFFICE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}

fn begins(bytes: &[u8], with: &[&[u8]]) -> bool {
    with.iter().any(|magic| bytes.starts_with(magic))
}

/// What a file of this name and content is.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn recognise(name: &str, bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if contains(bytes, &EICAR.concat()) {
        return Err(Refusal::Malware);
    }
    let kind = by_content(bytes)?;
    match name.rsplit_once('.') {
        Some((_, ending)) if !kind.endings().contains(&ending.to_lowercase().as_str()) => {
            Err(if kind == Kind::Text { of_text(ending) } else { Refusal::Name })
        }
        _ => Ok(kind),
    }
}

/// Why a text with this ending is not taken.
fn of_text(ending: &str) -> Refusal {
    const SCRIPTS: [&str; 22] = [
        "js", "mjs", "vbs", "vbe", "ps1", "psm1", "bat", "cmd", "sh", "bash", "py", "pl", "rb", "php", "wsf", "hta", "reg",
        "lua", "jse", "inf", "url", "desktop",
    ];
    const MARKUP: [&str; 7] = ["html", "htm", "xhtml", "svg", "xml", "mht", "mhtml"];
    let ending = ending.to_lowercase();
    match ending.as_str() {
        script if SCRIPTS.contains(&script) => Refusal::Script,
        markup if MARKUP.contains(&markup) => Refusal::Markup,
        _ => Refusal::Name,
    }
}

fn by_content(bytes: &[u8]) -> Result<Kind, Refusal> {
    if begins(bytes, &PROGRAMS) {
        return Err(Refusal::Program);
    }
    if begins(bytes, &ARCHIVES) || bytes.get(257..262) == Some(b"ustar") {
        return Err(Refusal::Archive);
    }
    if bytes.starts_with(OLD_OFFICE) {
        return Err(Refusal::OldOffice);
    }
    if bytes.starts_with(b"PK") {
        return office::recognise(bytes);
    }
    if bytes.starts_with(b"%PDF-") {
        return pdf(bytes);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Png);
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(Kind::Jpeg);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Kind::Webp);
    }
    if begins(bytes, &CAPTURES) {
        return Ok(Kind::Pcap);
    }
    text(bytes)
}

/// A PDF that says openly that it runs something is refused; what hides in its compressed parts is not seen here, and is one more
/// reason why nothing is ever shown by the hub itself.
fn pdf(bytes: &[u8]) -> Result<Kind, Refusal> {
    const ACTIVE: [&[u8]; 3] = [b"/JavaScript", b"/Launch", b"/EmbeddedFile"];
    if ACTIVE.iter().any(|name| contains(bytes, name)) {
        return Err(Refusal::Macros);
    }
    if contains(bytes, b"/Encrypt") {
        return Err(Refusal::Encrypted);
    }
    Ok(Kind::Pdf)
}

fn text(bytes: &[u8]) -> Result<Kind, Refusal> {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // What is no UTF-8 may still be Windows-1252, which French spreadsheets write.
    let is_text = match std::str::from_utf8(plain) {
        Ok(text) => !text.chars().any(|sign| sign.is_control() && !"\t\n\r\u{c}".contains(sign)),
        Err(_) => !plain.iter().any(|byte| byte.is_ascii_control() && !b"\t\n\r\x0c".contains(byte)),
    };
    if !is_text {
        return Err(Refusal::Unknown);
    }
    let head: Vec<u8> = plain.trim_ascii_start().iter().take(SNIFFED).map(u8::to_ascii_lowercase).collect();
    if begins(&head, &[b"#!", b"@echo", b"<?php"]) {
        return Err(Refusal::Script);
    }
    const TAGS: [&[u8]; 7] = [b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<iframe"];
    if head.starts_with(b"<") || TAGS.iter().any(|tag| contains(&head, tag)) {
        return Err(Refusal::Markup);
    }
    Ok(Kind::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_proofs_come_as_is_told_by_its_content() {
        for (name, bytes, kind) in [
            ("policy.pdf", b"%PDF-1.7\n1 0 obj".as_slice(), Kind::Pdf),
            ("rack.PNG", b"\x89PNG\r\n\x1a\n....", Kind::Png),
            ("rack.jpeg", b"\xff\xd8\xff\xe0....", Kind::Jpeg),
            ("rack.webp", b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Webp),
            ("quay.pcap", b"\xd4\xc3\xb2\xa1\x02\0\x04\0", Kind::Pcap),
            ("quay.pcapng", b"\x0a\x0d\x0d\x0a\x1c\0\0\0", Kind::Pcap),
            ("accounts.csv", "\u{feff}name;right\nLéa;admin\n".as_bytes(), Kind::Text),
            ("windows.csv", b"nom;droit\r\nL\xe9a;admin\r\n", Kind::Text),
            ("firewall.log", b"GET /?q=1 blocked\n", Kind::Text),
            ("no ending", b"a line\n", Kind::Text),
        ] {
            assert_eq!(recognise(name, bytes), Ok(kind), "{name}");
        }
    }

    #[test]
    fn programs_scripts_pages_archives_and_lying_names_are_refused_each_for_its_reason() {
        let eicar = [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$".as_slice(), &EICAR.concat(), b"$H+H*"].concat();
        for (name, bytes, refusal) in [
            ("a.txt", b"".as_slice(), Refusal::Empty),
            ("a.txt", &eicar, Refusal::Malware),
            ("a.pdf", b"MZ\x90\0", Refusal::Program),
            ("a.png", b"\x7fELF\x02", Refusal::Program),
            ("a.txt", b"#!/bin/sh\nrm -r /\n", Refusal::Script),
            ("a.txt", b"@ECHO off\r\n", Refusal::Script),
            ("a.ps1", b"Get-Process\n", Refusal::Script),
            ("a.js", b"alert(1)\n", Refusal::Script),
            ("a.txt", b" \n<!DOCTYPE html>", Refusal::Markup),
            ("a.csv", b"a;b\n<ScRiPt>alert(1)</script>\n", Refusal::Markup),
            ("a.svg", b"<svg xmlns=''/>", Refusal::Markup),
            ("a.html", b"a page\n", Refusal::Markup),
            ("a.gz", b"\x1f\x8b\x08", Refusal::Archive),
            ("a.7z", b"7z\xbc\xaf\x27\x1c", Refusal::Archive),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal::OldOffice),
            ("a.pdf", b"%PDF-1.7 /OpenAction << /S /JavaScript >>", Refusal::Macros),
            ("a.pdf", b"%PDF-1.7 trailer << /Encrypt 5 0 R >>", Refusal::Encrypted),
            ("a.exe", b"%PDF-1.7\n", Refusal::Name),
            ("a.pdf.exe", b"%PDF-1.7\n", Refusal::Name),
            ("a.bin", b"a line\n", Refusal::Name),
            ("a.bin", b"\x01\x02\x03", Refusal::Unknown),
        ] {
            assert_eq!(recognise(name, bytes), Err(refusal), "{name} {:?}", String::from_utf8_lossy(bytes));
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall_over_and_no_program_is_ever_taken(start in 0usize..8, rest in proptest::collection::vec(any::<u8>(), 0..400), name in "[a-z]{0,8}(\\.[a-z]{1,4})?") {
            let program = [PROGRAMS[start], &rest].concat();
            prop_assert!(recognise(&name, &program).is_err());
            let _any = recognise(&name, &rest);
        }
    }
}
