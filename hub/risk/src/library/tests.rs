use super::*;
use crate::framework::{Importance, QuestionKind};
use proptest::prelude::*;

const SMALL: &str = "
urn: urn:x:library:a
locale: en
ref_id: A
name: A framework
version: 3
copyright: CC0
translations: { fr: { name: Un référentiel, copyright: 'CC0, domaine public' } }
objects:
  framework:
    urn: urn:x:framework:a
    ref_id: A
    name: A framework
    min_score: 0
    max_score: 3
    implementation_groups_definition:
    - { ref_id: B, name: Basic }
    requirement_nodes:
    - { urn: urn:x:1, assessable: false, depth: 1, ref_id: 1, name: Heading }
    - urn: urn:x:1.1
      assessable: true
      depth: 2
      parent_urn: urn:x:1
      ref_id: 1.1
      name: Measure
      importance: mandatory
      weight: 2
      implementation_groups: [B]
      somebody_elses_key: { of: [any, shape] }
      translations: { fr: { name: Mesure, description: null } }
      questions:
        urn:x:1.1:q:2:
          type: unique_choice
          text: Is it done?
          choices:
          - { urn: urn:x:1.1:q:2:c:1, value: No, add_score: 0 }
          - { urn: urn:x:1.1:q:2:c:2, value: Yes, add_score: 3, compute_result: compliant }
        urn:x:1.1:q:1: { type: text, text: Why? }
";

fn refusal(change: (&str, &str)) -> String {
    let text = SMALL.replace(change.0, change.1);
    assert_ne!(text, SMALL, "{change:?}");
    read(&text).unwrap_err().to_string()
}

#[test]
fn a_library_is_read_with_its_translations_and_in_the_order_of_its_questions() {
    let library = read(SMALL).unwrap();
    assert_eq!((library.name.get("fr"), library.name.get("de"), library.version), ("Un référentiel", "A framework", 3));
    let said = [library.copyright_in("fr"), library.copyright_in("de")];
    assert_eq!(said, [Some("CC0, domaine public".to_owned()), Some("CC0".to_owned())]);
    assert_eq!(library.licence(), Licence::Open, "as it was written, whatever the translation");
    let framework = library.framework.unwrap();
    let measure = framework.measures().next().unwrap();
    assert_eq!((measure.importance, measure.weight, measure.depth), (Importance::Mandatory, 2, 1));
    assert_eq!((measure.ref_id.as_deref(), measure.name.get("fr"), measure.description.get("fr")), (Some("1.1"), "Mesure", ""));
    assert_eq!(framework.theme(measure).name.get("en"), "Heading");
    let kinds: Vec<QuestionKind> = measure.questions.iter().map(|question| question.kind).collect();
    assert_eq!(kinds, [QuestionKind::UniqueChoice, QuestionKind::Text]);
    let scores: Vec<(&str, Option<u32>)> =
        measure.questions[0].choices.iter().map(|choice| (choice.text.get("en"), choice.score)).collect();
    assert_eq!(scores, [("No", Some(0)), ("Yes", Some(3))]);
}

#[test]
fn what_does_not_hang_together_is_refused_by_name() {
    assert_eq!(
        refusal(("parent_urn: urn:x:1\n", "parent_urn: urn:x:9\n")),
        "urn:x:1.1: its heading urn:x:9 does not stand before it"
    );
    assert_eq!(
        refusal(("parent_urn: urn:x:1\n", "parent_urn: urn:x:1.1\n")),
        "urn:x:1.1: its heading urn:x:1.1 does not stand before it"
    );
    assert_eq!(refusal(("    - urn: urn:x:1.1\n", "    - urn: urn:x:1\n")), "urn:x:1: there are two of that name");
    assert_eq!(refusal(("add_score: 3", "add_score: 4")), "urn:x:1.1:q:2:c:2: its score is not between 0 and 3");
    assert_eq!(refusal(("max_score: 3", "max_score: 0")), "urn:x:framework:a: the best score is above the least one");
    assert_eq!(refusal(("urn:x:1.1:q:2:c:2", "'urn:x 2'")), "urn:x 2: the urn of a choice has no spaces");
    assert!(refusal(("type: text", "type: song")).contains("song"));
    assert!(refusal(("objects:", "things:")).contains("objects"));
    assert!(matches!(read(&" ".repeat(MAX_BYTES + 1)), Err(LibraryError::TooLarge)));
}

#[test]
fn a_group_that_is_named_and_not_defined_has_no_title() {
    let framework = read(&SMALL.replace("[B]", "[C]")).unwrap().framework.unwrap();
    let groups: Vec<(&str, &str)> = framework.groups.iter().map(|group| (group.ref_id.as_str(), group.name.get("en"))).collect();
    assert_eq!(groups, [("B", "Basic"), ("C", "")]);
}

#[test]
fn what_makes_much_of_little_is_refused() {
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    for at in 1..30 {
        laughs.push_str(&format!("a{at}: &a{at} [*a{before}, *a{before}]\n", before = at - 1));
    }
    assert!(matches!(read(&laughs), Err(LibraryError::Unreadable(_))));
    let deep = format!("{}\nx: {}{}", SMALL, "[".repeat(5_000), "]".repeat(5_000));
    assert!(matches!(read(&deep), Err(LibraryError::Unreadable(_))));
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(text in "\\PC*") {
        let _outcome = read(&text);
    }

    #[test]
    fn a_damaged_library_is_read_or_refused(at in 0usize..2_000, with in "\\PC{0,3}") {
        let mut text = SMALL.to_owned();
        let at = (0..=at % text.len()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.insert_str(at, &with);
        let _outcome = read(&text);
    }
}
