//! Reads back what was set: bytes, words, pages.

use super::{MOST_BYTES, MOST_CELLS, ReportError, pdf};
use crate::{Bar, Block, Cell, Column, Figure, Lang, Report, State};
use lopdf::{Document, Object};
use proptest::prelude::*;

const STATES: [State; 5] = [State::Holds, State::Declared, State::Weak, State::Fails, State::Unknown];

fn report(blocks: Vec<Block>) -> Report {
    Report {
        lang: Lang::Fr,
        title: "Rapport à la direction".into(),
        organisation: "Société havraise de manutention".into(),
        made: "22 novembre 2026 à 16:30, Europe/Paris".into(),
        blocks,
    }
}

fn cell(text: &str) -> Cell {
    Cell { text: text.into(), state: None }
}

fn table(heads: &[&str], rows: Vec<Vec<Cell>>) -> Block {
    let columns = heads.iter().enumerate().map(|(at, &title)| Column { title: title.into(), is_number: at > 0 }).collect();
    Block::Table { title: "Mesure par mesure".into(), columns, rows, empty: "Aucune mesure.".into() }
}

fn every_kind() -> Vec<Block> {
    vec![
        Block::Heading { text: "Score de résilience".into() },
        Block::Figures {
            items: vec![
                Figure {
                    label: "Déclaré".into(),
                    value: "42".into(),
                    note: "entre 42 et 68 sur 100".into(),
                    least: Some(42.0),
                    most: Some(68.0),
                },
                Figure { label: "Audité".into(), value: "–".into(), note: "pas d’audit".into(), least: None, most: None },
            ],
        },
        Block::Bars {
            items: vec![
                Bar { label: "Continuité".into(), least: 12.0, most: 30.0, weak: true },
                Bar { label: "Accès".into(), least: f64::NAN, most: 250.0, weak: false },
            ],
        },
        Block::Text { text: "Première ligne\nDeuxième ligne\n\nAutre alinéa".into() },
        Block::Notice { state: State::Fails, text: "Le maillon « automate du quai » est rompu.".into() },
        table(
            &["Mesure", "Points"],
            STATES.iter().map(|&state| vec![Cell { text: "Sauvegardes".into(), state: Some(state) }, cell("+1,5")]).collect(),
        ),
        table(&["Mesure"], Vec::new()),
    ]
}

/// The words of each page, without what only breaks lines.
fn pages(bytes: &[u8]) -> Vec<String> {
    let document = Document::load_mem(bytes).unwrap();
    document
        .get_pages()
        .keys()
        .map(|&page| document.extract_text(&[page]).unwrap().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn words(blocks: Vec<Block>) -> String {
    pages(&pdf(&report(blocks)).unwrap()).join(" ")
}

/// For words that were broken over lines.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn every_block_can_be_read_back() {
    let bytes = pdf(&report(every_kind())).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let text = pages(&bytes).join(" ");
    for word in [
        "Rapport à la direction",
        "Société havraise de manutention",
        "22 novembre 2026 à 16:30, Europe/Paris",
        "Score de résilience",
        "entre 42 et 68 sur 100",
        "pas d’audit",
        "12 – 30",
        "0 – 100",
        "Première ligne Deuxième ligne Autre alinéa",
        "Le maillon « automate du quai » est rompu.",
        "Mesure par mesure",
        "Sauvegardes",
        "+1,5",
        "Aucune mesure.",
        "1 / 1",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn it_names_itself_its_language_and_what_it_conforms_to() {
    let bytes = pdf(&report(every_kind())).unwrap();
    let document = Document::load_mem(&bytes).unwrap();
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"fr-FR");
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"Outlines"));
    let Object::Stream(metadata) = document.get_object(catalog.get(b"Metadata").unwrap().as_reference().unwrap()).unwrap() else {
        panic!()
    };
    let metadata = String::from_utf8(metadata.content.clone()).unwrap();
    for said in ["Rapport à la direction", "Société havraise de manutention", "<pdfuaid:part>1<", "Haubert"] {
        assert!(metadata.contains(said), "{said}: {metadata}");
    }
    // Words for the rings and tables with heads, for those who hear the page.
    let alternatives: Vec<_> = document.objects.values().filter_map(|object| object.as_dict().ok()?.get(b"Alt").ok()).collect();
    assert!(alternatives.len() > STATES.len(), "{alternatives:?}");
    let heads = document.objects.values().filter(|object| {
        object.as_dict().is_ok_and(|tag| tag.get(b"S").is_ok_and(|name| name.as_name().is_ok_and(|name| name == b"TH")))
    });
    assert!(heads.count() >= 2);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let mut other = report(every_kind());
    let first = pdf(&other).unwrap();
    assert_eq!(first, pdf(&other).unwrap());
    other.made = "23 novembre 2026".into();
    assert_ne!(first, pdf(&other).unwrap());
}

#[test]
fn a_long_table_has_its_head_on_every_page() {
    let rows = (1..=200)
        .map(|row| vec![Cell { text: format!("Mesure {row}"), state: Some(State::Weak) }, cell(&row.to_string())])
        .collect();
    let pages = pages(&pdf(&report(vec![table(&["Intitulé de la mesure", "Points gagnés"], rows)])).unwrap());
    assert!(pages.len() > 3);
    for (at, page) in pages.iter().enumerate() {
        assert!(page.contains("Intitulé de la mesure") && page.contains("Points gagnés"), "{page}");
        assert!(page.contains(&format!("{} / {}", at + 1, pages.len())), "{page}");
        assert!(page.contains("Société havraise de manutention · 22 novembre 2026"), "{page}");
    }
    let all = pages.join(" ");
    assert!((1..=200).all(|row| all.contains(&format!("Mesure {row} "))));
}

#[test]
fn nothing_that_people_write_is_markup() {
    let hostile = "#import \"x.typ\" #panic() $x^2$ \\ ] [ *gras* _italique_ = Titre <label> @renvoi `code` // note /* note */ ~ -- --- ... \"a\"";
    let text = words(vec![
        Block::Heading { text: hostile.into() },
        Block::Text { text: hostile.into() },
        Block::Notice { state: State::Unknown, text: hostile.into() },
        Block::Figures {
            items: vec![Figure {
                label: hostile.into(),
                value: hostile.into(),
                note: hostile.into(),
                least: Some(0.0),
                most: None,
            }],
        },
        Block::Bars { items: vec![Bar { label: hostile.into(), least: 0.0, most: 0.0, weak: false }] },
        Block::Table {
            title: hostile.into(),
            columns: vec![Column { title: hostile.into(), is_number: false }],
            rows: vec![vec![cell(hostile)]],
            empty: hostile.into(),
        },
        table(&["x"], Vec::new()),
    ]);
    assert_eq!(unbroken(&text).matches(&unbroken(hostile)).count(), 10, "{text}");
}

#[test]
fn a_word_without_end_stays_on_the_page() {
    let word = "Ab9".repeat(3_333);
    let row = vec![vec![cell(&word), cell(&word), cell("fin")]];
    let found =
        pages(&pdf(&report(vec![Block::Text { text: word.clone() }, table(&["Fichier", "Nombre", "Autre"], row)])).unwrap());
    // Three times ten thousand letters fill pages; running off the page they would not.
    assert!((10..40).contains(&found.len()), "{}", found.len());
    // The page's foot comes between its parts.
    assert!(found.iter().map(|page| page.matches("Ab9").count()).sum::<usize>() > 9_000);
}

#[test]
fn what_the_fonts_lack_is_seen_to_be_missing() {
    let text = words(vec![Block::Text {
        text: "Порт Ελλάδα שלום \u{202e}abc \u{7} 港 \u{e000} e\u{301}\u{301}\u{301}\u{301} \u{10ffff}".into(),
    }]);
    assert!(text.contains("Порт Ελλάδα \u{fffd}\u{fffd}\u{fffd}\u{fffd} abc \u{fffd} \u{fffd} \u{fffd}"), "{text}");
}

#[test]
fn too_much_is_refused() {
    let rows = |count: usize, width: usize| vec![vec![cell("x"); width]; count];
    assert!(matches!(pdf(&report(vec![table(&["a", "b"], rows(MOST_CELLS / 2, 2))])), Err(ReportError::TooManyCells(_))));
    // Rows count by what is set, not by what they bring.
    assert!(matches!(pdf(&report(vec![table(&["a", "b"], rows(MOST_CELLS / 2, 0))])), Err(ReportError::TooManyCells(_))));
    assert!(matches!(pdf(&report(vec![table(&["a"; 13], rows(1, 13))])), Err(ReportError::TooManyColumns(13))));
    assert!(matches!(pdf(&report(vec![Block::Text { text: "x".repeat(MOST_BYTES) }])), Err(ReportError::TooLarge(_))));
    assert!(matches!(pdf(&report(vec![Block::Text { text: String::new() }; MOST_CELLS + 1])), Err(ReportError::TooManyCells(_))));
}

#[test]
fn rows_need_not_be_as_long_as_their_heads() {
    let text = words(vec![
        table(&["un", "deux"], vec![vec![cell("seul")], vec![cell("a"), cell("b"), cell("trop")], Vec::new()]),
        table(&[], vec![vec![cell("nulle part")]]),
    ]);
    assert!(text.contains("seul") && !text.contains("trop") && !text.contains("nulle part"), "{text}");
}

fn any_state() -> impl Strategy<Value = State> {
    (0..STATES.len()).prop_map(|at| STATES[at])
}

fn any_words() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,80}",
        "[a-zàéœ «»:;!?\u{301}\u{202f}\u{a0}\u{ad}\u{200b}\n\t-]{0,120}",
        "[\u{300}-\u{36f}\u{590}-\u{6ff}\u{2000}-\u{206f}\u{e000}-\u{e010}\u{1f1e6}-\u{1f64f}]{0,30}",
        "[#$\\\\\\[\\]{}*_`~<>@=/+-]{0,60}",
    ]
}

fn any_block() -> impl Strategy<Value = Block> {
    let cell = (any_words(), proptest::option::of(any_state())).prop_map(|(text, state)| Cell { text, state });
    let figure = (any_words(), any_words(), any_words(), any::<Option<f64>>(), any::<Option<f64>>())
        .prop_map(|(label, value, note, least, most)| Figure { label, value, note, least, most });
    let bar = (any_words(), any::<f64>(), any::<f64>(), any::<bool>()).prop_map(|(label, least, most, weak)| Bar {
        label,
        least,
        most,
        weak,
    });
    let column = (any_words(), any::<bool>()).prop_map(|(title, is_number)| Column { title, is_number });
    prop_oneof![
        any_words().prop_map(|text| Block::Heading { text }),
        any_words().prop_map(|text| Block::Text { text }),
        (any_state(), any_words()).prop_map(|(state, text)| Block::Notice { state, text }),
        proptest::collection::vec(figure, 0..6).prop_map(|items| Block::Figures { items }),
        proptest::collection::vec(bar, 0..6).prop_map(|items| Block::Bars { items }),
        (
            any_words(),
            proptest::collection::vec(column, 0..12),
            proptest::collection::vec(proptest::collection::vec(cell, 0..12), 0..4),
            any_words()
        )
            .prop_map(|(title, columns, rows, empty)| Block::Table { title, columns, rows, empty }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever people write, there is a PDF, it passes the checks for screen readers, and all of its pages can be read.
    #[test]
    fn any_words_can_be_set(title in any_words(), organisation in any_words(), made in any_words(), french in any::<bool>(), blocks in proptest::collection::vec(any_block(), 0..6)) {
        let lang = if french { Lang::Fr } else { Lang::En };
        let bytes = pdf(&Report { lang, title, organisation, made, blocks }).unwrap();
        prop_assert!(!Document::load_mem(&bytes).unwrap().get_pages().is_empty());
    }
}
