//! Office documents: ZIP files of a known form. Pure, and strict where readers of documents are not: what two readers could read
//! differently is refused.

use super::kind::{Kind, Refusal};
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Most files in a document.
const MAX_ENTRIES: usize = 5_000;
/// Most bytes of a part that is read.
const MAX_PART: usize = 4 * 1024 * 1024;

/// A file in the directory.
struct Entry {
    /// In lower case, with `/`.
    name: String,
    flags: u16,
    method: u16,
    packed: usize,
    at: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// The directory at the end, which must end the file and hold together.
fn directory(bytes: &[u8]) -> Option<Vec<Entry>> {
    let last = bytes.len().checked_sub(22)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let is_end = |at: &usize| {
        bytes.get(*at..).is_some_and(|end| end.starts_with(b"PK\x05\x06"))
            && u16_at(bytes, at + 20).is_some_and(|comment| usize::from(comment) == last - at)
    };
    let end = (first..=last).rev().find(is_end)?;
    let (count, size, start) = (u16_at(bytes, end + 10)?, u32_at(bytes, end + 12)?, u32_at(bytes, end + 16)?);
    let is_one_disk = u32_at(bytes, end + 4)? == 0 && u16_at(bytes, end + 8)? == count;
    if !is_one_disk || start.checked_add(size)? != end || usize::from(count) > MAX_ENTRIES {
        return None;
    }
    let (mut entries, mut at) = (Vec::new(), start);
    for _ in 0..count {
        let header = bytes.get(at..end)?;
        if !header.starts_with(b"PK\x01\x02") {
            return None;
        }
        let [name, extra, comment] = [28, 30, 32].map(|field| u16_at(header, field).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        let text = String::from_utf8_lossy(header.get(46..46 + name)?).to_lowercase().replace('\\', "/");
        let entry = Entry {
            name: text,
            flags: u16_at(header, 8)?,
            method: u16_at(header, 10)?,
            packed: u32_at(header, 20)?,
            at: u32_at(header, 42)?,
        };
        if entry.at >= start {
            return None;
        }
        entries.push(entry);
        at += 46 + name + extra + comment;
    }
    (at == end).then_some(entries)
}

/// What a part holds; nothing when it is longer than is read, or damaged.
fn part<'a>(bytes: &'a [u8], entry: &Entry) -> Option<Cow<'a, [u8]>> {
    let header = bytes.get(entry.at..)?;
    if !header.starts_with(b"PK\x03\x04") {
        return None;
    }
    let skip = 30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
    let packed = header.get(skip..skip.checked_add(entry.packed)?)?;
    match entry.method {
        0 if packed.len() <= MAX_PART => Some(Cow::Borrowed(packed)),
        8 => decompress_to_vec_with_limit(packed, MAX_PART).ok().map(Cow::Owned),
        _ => None,
    }
}

fn is_macro(name: &str) -> bool {
    ["vbaproject.bin", "vbadata.xml"].iter().any(|end| name.ends_with(end))
        || name.starts_with("basic/")
        || name.starts_with("scripts/")
        || name.contains("/activex/")
}

fn is_program(name: &str) -> bool {
    const ENDINGS: [&str; 14] =
        ["exe", "dll", "com", "scr", "msi", "js", "vbs", "ps1", "bat", "cmd", "jar", "hta", "lnk", "html"];
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    // An object that was embedded may be any file.
    ENDINGS.contains(&ending) || (name.contains("/embeddings/") && ending == "bin")
}

/// What a ZIP file is.
///
/// # Errors
/// [`Refusal`]: also every archive that is no document.
pub(super) fn recognise(bytes: &[u8]) -> Result<Kind, Refusal> {
    let entries = directory(bytes).ok_or(Refusal::Damaged)?;
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let is_odd = |name: &str| name.starts_with('/') || name.split('/').any(|part| part == "..");
    if names.len() != entries.len() || names.iter().any(|name| is_odd(name)) {
        return Err(Refusal::Damaged);
    }
    if entries.iter().any(|entry| entry.flags & 1 != 0) {
        return Err(Refusal::Encrypted);
    }
    if names.iter().any(|name| is_macro(name)) {
        return Err(Refusal::Macros);
    }
    let read = |name: &str| -> Result<Option<Cow<'_, [u8]>>, Refusal> {
        let entry = entries.iter().find(|entry| entry.name == name);
        entry.map(|entry| part(bytes, entry).ok_or(Refusal::Damaged)).transpose()
    };
    let kind = match (read("[content_types].xml")?, read("mimetype")?) {
        (Some(types), None) => microsoft(&types)?,
        (None, Some(mime)) => open_document(&mime, read("meta-inf/manifest.xml")?.as_deref().unwrap_or_default())?,
        _ => return Err(Refusal::Archive),
    };
    if names.iter().any(|name| is_program(name)) {
        return Err(Refusal::Program);
    }
    Ok(kind)
}

/// Parts have names as their maker likes; what they are stands in this list of types.
fn microsoft(types: &[u8]) -> Result<Kind, Refusal> {
    let types = String::from_utf8_lossy(types).to_lowercase();
    // A sign written by its number would hide a word from what follows.
    if types.contains("&#") || types.contains("<!entity") {
        return Err(Refusal::Damaged);
    }
    if ["macroenabled", "vbaproject", "activex"].iter().any(|word| types.contains(word)) {
        return Err(Refusal::Macros);
    }
    match ["wordprocessingml.document.main+xml", "spreadsheetml.sheet.main+xml"].map(|main| types.contains(main)) {
        [true, false] => Ok(Kind::Docx),
        [false, true] => Ok(Kind::Xlsx),
        _ => Err(Refusal::Archive),
    }
}

fn open_document(mime: &[u8], manifest: &[u8]) -> Result<Kind, Refusal> {
    let manifest = String::from_utf8_lossy(manifest).to_lowercase();
    if manifest.contains("encryption-data") {
        return Err(Refusal::Encrypted);
    }
    match mime.trim_ascii() {
        b"application/vnd.oasis.opendocument.text" => Ok(Kind::Odt),
        b"application/vnd.oasis.opendocument.spreadsheet" => Ok(Kind::Ods),
        _ => Err(Refusal::Archive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::deflate::compress_to_vec;
    use proptest::prelude::*;

    /// A ZIP file of these parts, compressed when `method` is 8.
    fn zip(parts: &[(&str, &str)], method: u16, flags: u16) -> Vec<u8> {
        let (mut file, mut list) = (Vec::new(), Vec::new());
        for (name, text) in parts {
            let data = if method == 8 { compress_to_vec(text.as_bytes(), 6) } else { text.as_bytes().to_vec() };
            let at = u32::try_from(file.len()).unwrap().to_le_bytes();
            let (packed, size) = (u32::try_from(data.len()).unwrap(), u32::try_from(text.len()).unwrap());
            let length = u16::try_from(name.len()).unwrap();
            let mut common = vec![20, 0];
            for field in [flags, method, 0, 0, 0, 0] {
                common.extend(field.to_le_bytes());
            }
            common.extend([packed.to_le_bytes(), size.to_le_bytes()].concat());
            common.extend([length.to_le_bytes(), [0, 0]].concat());
            file.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &data].concat());
            list.extend([b"PK\x01\x02\x14\0".as_slice(), &common, &[0; 10], &at, name.as_bytes()].concat());
        }
        let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
        let (size, start) = (u32::try_from(list.len()).unwrap().to_le_bytes(), u32::try_from(file.len()).unwrap().to_le_bytes());
        file.extend(list);
        file.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size, &start, &[0, 0]].concat());
        file
    }

    const WORD: &str = r#"<Types><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    const EXCEL: &str =
        r#"<Types><Override ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
    const TYPES: &str = "[Content_Types].xml";
    const TEXT: &str = "application/vnd.oasis.opendocument.text";

    #[test]
    fn documents_are_told_from_archives() {
        for method in [0, 8] {
            let told = |parts: &[(&str, &str)]| recognise(&zip(parts, method, 0));
            assert_eq!(told(&[(TYPES, WORD), ("word/document.xml", "<w/>")]), Ok(Kind::Docx));
            assert_eq!(told(&[(TYPES, EXCEL), ("xl/workbook.xml", "<w/>"), ("xl/printerSettings/a.bin", "x")]), Ok(Kind::Xlsx));
            assert_eq!(told(&[("mimetype", TEXT), ("content.xml", "<c/>")]), Ok(Kind::Odt));
            assert_eq!(told(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]), Ok(Kind::Ods));
            assert_eq!(told(&[("a.txt", "a")]), Err(Refusal::Archive));
            assert_eq!(told(&[("mimetype", "application/epub+zip")]), Err(Refusal::Archive));
        }
    }

    #[test]
    fn macros_are_found_by_name_and_by_type_and_nothing_hides_them() {
        let told = |parts: &[(&str, &str)]| recognise(&zip(parts, 8, 0));
        assert_eq!(told(&[(TYPES, WORD), ("word/VBAPROJECT.bin", "x")]), Err(Refusal::Macros));
        assert_eq!(told(&[(TYPES, WORD), ("word\\vbaProject.bin", "x")]), Err(Refusal::Macros));
        let renamed = WORD.replace("<Types>", r#"<Types><Override ContentType="application/vnd.ms-office.vbaProject"/>"#);
        assert_eq!(told(&[(TYPES, &renamed), ("word/harmless.xml", "x")]), Err(Refusal::Macros));
        assert_eq!(told(&[(TYPES, &renamed.replace("vbaP", "vba&#80;"))]), Err(Refusal::Damaged));
        let enabled = WORD.replace("document.main", "document.macroEnabled.main");
        assert_eq!(told(&[(TYPES, &enabled)]), Err(Refusal::Macros));
        assert_eq!(told(&[("mimetype", TEXT), ("Basic/Standard/Module1.xml", "x")]), Err(Refusal::Macros));
        assert_eq!(told(&[(TYPES, WORD), ("word/embeddings/oleObject1.bin", "x")]), Err(Refusal::Program));
        assert_eq!(told(&[(TYPES, WORD), ("word/a.exe", "x")]), Err(Refusal::Program));
        assert_eq!(told(&[(TYPES, WORD), (TYPES, WORD)]), Err(Refusal::Damaged), "which of the two counts?");
        assert_eq!(told(&[(TYPES, WORD), ("../a.xml", "x")]), Err(Refusal::Damaged));
        assert_eq!(recognise(&zip(&[(TYPES, WORD)], 0, 1)), Err(Refusal::Encrypted));
        let manifest = ("META-INF/manifest.xml", "<manifest:encryption-data/>");
        assert_eq!(told(&[("mimetype", TEXT), manifest]), Err(Refusal::Encrypted));
    }

    #[test]
    fn a_part_that_would_swell_without_end_is_not_unpacked() {
        let bomb = " ".repeat(MAX_PART + 1);
        assert_eq!(recognise(&zip(&[(TYPES, &bomb)], 8, 0)), Err(Refusal::Damaged));
    }

    proptest! {
        #[test]
        fn no_change_of_a_document_makes_it_fall_over(at in 0usize..1_000, to in any::<u8>(), cut in 0usize..1_000) {
            let mut file = zip(&[(TYPES, WORD), ("word/document.xml", "<w/>")], 8, 0);
            let length = file.len();
            file[at % length] = to;
            let _any = recognise(&file);
            let _cut = recognise(&file[..cut % length]);
        }
    }
}
