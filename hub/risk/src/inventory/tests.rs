//! Tables as assets.

use super::*;
use crate::content::{Content, Family};
use proptest::prelude::*;

fn classes() -> &'static [Family] {
    &Content::shipped().unwrap().taxonomies.assets.items
}

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(str::to_owned).collect()
}

fn site(id: &str, name: &str) -> Named {
    Named { id: id.to_owned(), name: name.to_owned() }
}

/// What becomes of `rows` under `heading` when `known` is there.
fn planned(known: &[Known], heading: &str, rows: &[&str]) -> Vec<Outcome> {
    let sites = [site("s1", "Quai 1"), site("s2", "Quai 2"), site("s3", "quai 2 ")];
    let around = Around { classes: classes(), known, sites: &sites, zones: &[site("z1", "Automates")] };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row)).collect();
    plan(&Heading::read(&cells(heading)).unwrap(), (2..).zip(rows.iter().map(Vec::as_slice)), around)
}

fn fault(outcome: &Outcome) -> Option<(Field, &'static str)> {
    outcome.faults.first().map(|fault| (fault.field, fault.code))
}

/// What is there after a plan was carried out.
fn carried_out(known: &[Known], outcomes: &[Outcome]) -> Vec<Known> {
    let mut after = known.to_vec();
    for (at, outcome) in outcomes.iter().enumerate() {
        match (outcome.state, outcome.known) {
            (RowState::New, _) => after.push(Known { id: format!("n{at}"), draft: outcome.draft.clone(), told: Vec::new() }),
            (RowState::Changed, Some(place)) => after[place].draft = outcome.draft.clone(),
            _ => {}
        }
    }
    after
}

#[test]
fn headings_are_read_in_both_languages_and_in_any_order() {
    for field in Field::ALL {
        let (en, fr) = field.title();
        assert_eq!((Field::by_heading(en), Field::by_heading(&fr.to_uppercase())), (Some(field), Some(field)));
        assert_eq!(Field::by_key(field.key()), Some(field));
    }
    assert_eq!(Field::by_heading(" N° de série "), Some(Field::Serial));
    let heading = Heading::read(&cells("Couleur|Nom||Fabricant")).unwrap();
    assert_eq!(heading.unknown, ["Couleur"]);
    assert_eq!(Heading::read(&cells("Vendor|Class")), Err(HeadingFault::NoName));
    assert_eq!(Heading::read(&cells("Name|Make|Fabricant")), Err(HeadingFault::Twice(Field::Make)));
}

#[test]
fn every_class_and_kind_is_found_by_what_an_export_says() {
    for class in classes() {
        for entry in &class.entries {
            for (class_name, kind_name) in
                [(&class.id, &entry.id), (&class.title.en, &entry.title.en), (&class.title.fr, &entry.title.fr)]
            {
                let found = planned(&[], "Nom|Classe|Type", &[&format!("x|{class_name}|{kind_name}")]);
                assert_eq!((found[0].state, &found[0].draft.class), (RowState::New, &class.id), "{class_name} {kind_name}");
                assert_eq!(found[0].draft.kind.as_ref(), Some(&entry.id));
            }
        }
    }
}

#[test]
fn rows_are_refused_with_the_field_and_the_reason() {
    let rows =
        ["|OTE||1", "a|XYZ||1", "b|OTE|ERP|1", "c|OTE||5", "d|OTE||high", "e|||1", "f||Automate (PLC)|", "g|OTE||", "g|OTE||"];
    let found = planned(&[], "Name|Class|Kind|Criticality", &rows);
    let told: Vec<_> = found.iter().map(|outcome| (outcome.line, fault(outcome))).collect();
    assert_eq!(told[0], (2, Some((Field::Name, "required"))));
    assert_eq!(told[1], (3, Some((Field::Class, "not_found"))));
    assert_eq!(told[2], (4, Some((Field::Kind, "not_found"))));
    assert_eq!(told[3], (5, Some((Field::Criticality, "not_valid"))));
    assert_eq!(told[4], (6, Some((Field::Criticality, "not_valid"))));
    assert_eq!(told[5], (7, Some((Field::Class, "required"))));
    assert_eq!((told[7], told[8]), ((9, None), (10, Some((Field::Name, "twice")))));
    let found = planned(&[], "Name|Class|Site|Zone", &["a|OTE|quai 1|automates", "b|OTE|Quai 2|", "c|OTE|Quai 9|"]);
    assert_eq!((found[0].draft.site.as_deref(), found[0].draft.zone.as_deref()), (Some("s1"), Some("z1")));
    assert_eq!((fault(&found[1]), fault(&found[2])), (Some((Field::Site, "ambiguous")), Some((Field::Site, "not_found"))));
}

#[test]
fn a_row_means_the_asset_of_its_id_or_name_and_says_no_more_than_its_columns() {
    let known =
        carried_out(&[], &planned(&[], "Nom|Classe|Responsable|Série", &["Pompe|OTE|Léa|1", "Pompe|OTE|Max|2", "Grue|OTS||"]));
    let found = planned(&known, "Nom|N° de série|Note", &["pompe|2|loud", "Grue|7|"]);
    assert_eq!((found[0].state, found[0].known, &found[0].changed), (RowState::Changed, Some(1), &vec![Field::Note]));
    assert_eq!(found[0].draft.owner, "Max", "a column that is not there changes nothing");
    assert_eq!((found[1].state, found[1].known, &found[1].changed), (RowState::Changed, Some(2), &vec![Field::Serial]));
    assert_eq!(fault(&planned(&known, "Nom", &["Pompe"])[0]), Some((Field::Name, "ambiguous")));
    let two = planned(&known, "Nom|Classe|Série", &["Grue|OTS|7", "Grue|OTS|8"]);
    assert_eq!((two[0].state, two[1].state), (RowState::New, RowState::New), "two rows of one name are two assets");
    let by_id = planned(&known, "Id|Nom|Responsable", &["n0|Pompe de cale|", "n9|x|", "n0|again|"]);
    assert_eq!(by_id[0].changed, [Field::Name, Field::Owner]);
    assert_eq!((fault(&by_id[1]), fault(&by_id[2])), (Some((Field::Id, "not_found")), Some((Field::Name, "twice"))));
}

#[test]
fn a_table_does_not_overrule_a_gateway() {
    let mut known = carried_out(&[], &planned(&[], "Nom|Classe|Version", &["Compteur|OTE|1.0"]));
    known[0].told = vec![Field::Name, Field::Version];
    let found = planned(&known, "Nom|Version|Responsable", &["Compteur||Léa"]);
    assert_eq!((found[0].state, &found[0].changed), (RowState::Changed, &vec![Field::Owner]));
    let found = planned(&known, "Nom|Version", &["Compteur|2.0"]);
    assert_eq!(fault(&found[0]), Some((Field::Version, "from_gateway")));
}

proptest! {
    #[test]
    fn the_same_table_again_changes_nothing(
        rows in proptest::collection::vec(("[abc ]{0,2}", "(OTE|its|Data||x)", "[12]{0,1}", "[0-5]{0,1}", "[x ]{0,2}"), 0..12),
        then in proptest::collection::vec(("[abc ]{0,2}", "(OTE|its|Data||x)", "[12]{0,1}", "[0-5]{0,1}", "[x ]{0,2}"), 0..12),
    ) {
        let lines = |rows: Vec<(String, String, String, String, String)>| -> Vec<String> {
            rows.into_iter().map(|(name, class, serial, criticality, note)| format!("{name}|{class}|{serial}|{criticality}|{note}")).collect()
        };
        let heading = "Name|Class|Serial|Criticality|Note";
        let (rows, then) = (lines(rows), lines(then));
        let first: Vec<&str> = rows.iter().map(String::as_str).collect();
        let second: Vec<&str> = then.iter().map(String::as_str).collect();
        let known = carried_out(&[], &planned(&[], heading, &first));
        for outcome in planned(&known, heading, &first) {
            prop_assert!(matches!(outcome.state, RowState::Unchanged | RowState::Refused), "{outcome:?}");
        }
        // Each asset is meant by one row at most, and what is kept is always as it should be.
        let outcomes = planned(&known, heading, &second);
        let meant: Vec<usize> = outcomes.iter().filter(|one| one.state != RowState::Refused).filter_map(|one| one.known).collect();
        prop_assert_eq!(meant.iter().collect::<std::collections::BTreeSet<_>>().len(), meant.len());
        for kept in carried_out(&known, &outcomes) {
            prop_assert_eq!(kept.draft.faults(classes(), &[]), vec![]);
        }
    }
}
