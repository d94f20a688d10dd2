//! There and back, and what is not taken.

use super::*;
use haubert_model::{Timestamp, Words};
use proptest::prelude::*;
use std::io::Write as _;
use zip::write::SimpleFileOptions;

const LIMITS: Limits = Limits { bytes: 1 << 20, rows: 100, columns: 8, cell: 200 };

fn table(rows: Vec<Vec<Cell>>) -> Table {
    let columns = vec![Column::new("name", "Name", "Nom"), Column::new("note", "Note", "Remarque")];
    Table { title: Words { en: "Assets".to_owned(), fr: "Biens".to_owned() }, columns, rows }
}

fn texts(rows: &[Row]) -> Vec<Vec<&str>> {
    rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
}

fn rows_of(text: &[u8]) -> Vec<(u64, Vec<String>)> {
    read(text, LIMITS).unwrap().into_iter().map(|row| (row.line, row.cells)).collect()
}

fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
    (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[test]
fn whatever_a_spreadsheet_writes_is_read() {
    let expected = [row(1, &["nom", "site"]), row(2, &["Écluse", "Quai, nord"])];
    assert_eq!(rows_of("nom,site\nÉcluse,\"Quai, nord\"\n".as_bytes()), expected);
    assert_eq!(rows_of("\u{feff}nom;site\r\nÉcluse;Quai, nord\r\n".as_bytes()), expected);
    assert_eq!(rows_of(b"nom\tsite\n\xc9cluse\tQuai, nord"), expected);
    assert_eq!(rows_of(b"sep=;\r\nnom;site\r\n"), [row(2, &["nom", "site"])]);
    let several = b"a;b\n\n\"one\ntwo\";x\nlast;;;\n";
    assert_eq!(rows_of(several), [row(1, &["a", "b"]), row(3, &["one\ntwo", "x"]), row(5, &["last"])]);
}

#[test]
fn no_cell_is_a_formula() {
    let evil = Cell::text("=HYPERLINK(\"http://evil\")");
    let text = String::from_utf8(table(vec![vec![evil, Cell::Number(-1.5)]]).csv(Language::Fr).unwrap()).unwrap();
    assert_eq!(text, "\u{feff}Nom;Remarque\r\n\"'=HYPERLINK(\"\"http://evil\"\")\";-1,5\r\n");
}

#[test]
fn what_is_too_much_is_refused() {
    let refused = |text: &[u8]| read(text, LIMITS).unwrap_err();
    assert_eq!(refused(&vec![b'a'; LIMITS.bytes + 1]), ReadError::TooLarge);
    assert_eq!(refused("x\n".repeat(101).as_bytes()), ReadError::TooManyRows(100));
    assert_eq!(refused(b"1,2,3,4,5,6,7,8,9"), ReadError::TooManyColumns(8));
    assert_eq!(refused(format!("a\n{}", "x".repeat(201)).as_bytes()), ReadError::CellTooLong { line: 2, most: 200 });
    assert_eq!(refused(b" \n,,\n"), ReadError::Empty);
    assert_eq!(refused(b"\x7fELF\0\0"), ReadError::Unreadable);
    assert_eq!(refused(b"PK\x03\x04 and nothing"), ReadError::Unreadable);
}

/// An archive with these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_small_archive_that_unpacks_to_much_is_refused_before_it_is_read() {
    let bomb = archive(&[("xl/sharedStrings.xml", &vec![b' '; 17 * 1024 * 1024])]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    assert_eq!(read(&bomb, LIMITS), Err(ReadError::TooLarge));
    let many: Vec<String> = (0..1001).map(|part| format!("{part}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"" as &[u8])).collect();
    assert_eq!(read(&archive(&many), LIMITS), Err(ReadError::TooLarge));
}

#[test]
fn a_cell_far_away_takes_no_memory() {
    let sheet = |cells: &str| {
        let sheet = format!(
            "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{cells}</sheetData></worksheet>"
        );
        let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
        let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
        let root = relations
            .replace("rId1", "rId0")
            .replace("/worksheet\"", "/officeDocument\"")
            .replace("worksheets/sheet1", "xl/workbook");
        archive(&[
            ("_rels/.rels", root.as_bytes()),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ])
    };
    let near = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>";
    let far = |at: &str| format!("{near}<row r=\"1048576\"><c r=\"{at}\"><v>2</v></c></row>");
    assert_eq!(rows_of(&sheet(&far("A1048576"))), [row(1, &["1"]), row(1_048_576, &["2"])]);
    assert_eq!(read(&sheet(&far("XFD1048576")), LIMITS), Err(ReadError::TooManyColumns(8)));
    let back = "<row r=\"9\"><c r=\"A9\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>2</v></c></row>";
    assert_eq!(read(&sheet(back), LIMITS), Err(ReadError::Unreadable));
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(cells in proptest::collection::vec(("['=+@-]{0,3}[a-z;,\"é\n ]{1,20}x", "['=+@-]{0,3}[a-z€\t]{0,9}y"), 1..20)) {
        let rows = cells.iter().map(|(name, note)| vec![Cell::text(name), Cell::text(note)]).collect();
        let table = table(rows);
        let mut expected: Vec<Vec<&str>> = vec![vec!["Name", "Note"]];
        expected.extend(cells.iter().map(|(name, note)| vec![name.as_str(), note.as_str()]));
        let csv = read(&table.csv(Language::En).unwrap(), LIMITS).unwrap();
        prop_assert_eq!(texts(&csv), expected.clone());
        let xlsx = read(&table.xlsx(Language::En, Timestamp(1_795_255_200_000)).unwrap(), LIMITS).unwrap();
        prop_assert_eq!(texts(&xlsx), expected);
    }

    #[test]
    fn any_bytes_are_a_table_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(rows) = read(&bytes, LIMITS) {
            prop_assert!(rows.len() <= LIMITS.rows && rows.iter().all(|row| row.line >= 1 && !row.cells.is_empty()));
            prop_assert!(rows.iter().all(|row| row.cells.len() <= LIMITS.columns));
        }
    }
}
