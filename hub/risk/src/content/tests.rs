use super::*;
use crate::framework::Importance;
use clock::Due;
use haubert_model::{Timestamp, Words};
use std::collections::BTreeSet;

fn shipped() -> &'static Content {
    Content::shipped().unwrap_or_else(|error| panic!("{error}"))
}

fn measures() -> BTreeSet<String> {
    let framework = shipped().port.framework.as_ref().unwrap();
    framework.measures().map(|node| node.ref_id.clone().unwrap()).collect()
}

fn known<'a>(known: &BTreeSet<impl AsRef<str> + Ord>, asked: impl IntoIterator<Item = &'a String>, at: &str) {
    for id in asked {
        assert!(known.iter().any(|known| known.as_ref() == id), "{at}: nothing is called {id}");
    }
}

fn ids(entries: &[Entry]) -> BTreeSet<&str> {
    let found: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(found.len(), entries.len(), "two of one name");
    found
}

#[test]
fn the_port_framework_has_its_62_measures_in_nine_themes_with_questions_in_both_languages() {
    let framework = shipped().port.framework.as_ref().unwrap();
    assert_eq!(measures().len(), 62);
    let themes: Vec<&str> = framework.nodes.iter().filter(|node| node.depth == 0).map(|node| node.name.get("en")).collect();
    assert_eq!(themes.len(), 9, "{themes:?}");
    for node in framework.measures() {
        let at = node.ref_id.as_deref().unwrap();
        assert!((1..=2).contains(&node.questions.len()), "{at}");
        for texts in [&node.name, &node.description, &node.annotation, &node.typical_evidence] {
            assert!(!texts.is_empty() && texts.languages().any(|language| language == "fr"), "{at}");
        }
        for question in &node.questions {
            let scores: Vec<Option<u32>> = question.choices.iter().map(|choice| choice.score).collect();
            assert_eq!(scores, [Some(0), Some(1), Some(2), Some(3)], "{at}");
            let french = |texts: &crate::Texts| texts.languages().any(|language| language == "fr");
            assert!(french(&question.text) && question.choices.iter().all(|choice| french(&choice.text)), "{at}");
        }
        let level = match node.importance {
            Importance::Mandatory => "essential",
            Importance::Recommended => "recommended",
            Importance::NiceToHave => "advanced",
        };
        let group = &node.groups[..];
        assert!(matches!(group, [one] if one == "gateway" || one.trim_end_matches("-ot") == level), "{at}: {group:?}");
    }
}

#[test]
fn the_companion_speaks_of_every_measure_and_only_of_them() {
    let (content, measures) = (shipped(), measures());
    let companion = &content.companion;
    assert_eq!(companion.framework, content.port.framework.as_ref().unwrap().ref_id);
    let costs: BTreeSet<String> = companion.cost.iter().map(|takes| takes.measure.clone()).collect();
    assert_eq!((costs.len(), &costs), (companion.cost.len(), &measures));
    for depends in &companion.depends {
        known(&measures, depends.on.iter().chain([&depends.measure]), "depends");
    }
    known(&measures, companion.evidence.iter().map(|evidence| &evidence.measure), "evidence");
    let wholly: BTreeSet<&str> = companion
        .evidence
        .iter()
        .filter(|evidence| evidence.covers == Covers::Whole)
        .map(|evidence| evidence.measure.as_str())
        .collect();
    assert_eq!(wholly.len(), 13, "each of the thirteen settings");
    assert_eq!(content.references.keys().cloned().collect::<BTreeSet<_>>(), measures);
    assert_eq!(content.guide.keys().cloned().collect::<BTreeSet<_>>(), measures);
    for sheet in content.guide.values() {
        known(&measures, &sheet.see_also, &sheet.measure);
        assert!(sheet.how.len() >= 4 && !sheet.pitfalls.is_empty() && !sheet.proof.is_empty(), "{}", sheet.measure);
    }
}

#[test]
fn what_measures_rest_on_has_an_end() {
    fn on(measure: &str) -> impl Iterator<Item = &'static String> {
        let mine = shipped().companion.depends.iter().filter(move |depends| depends.measure == measure);
        mine.flat_map(|depends| depends.on.iter())
    }
    for measure in measures() {
        let (mut below, mut steps): (Vec<&String>, usize) = (on(&measure).collect(), 0);
        while let Some(next) = below.pop() {
            assert!(*next != measure && steps < 1_000, "{measure} rests on itself");
            steps += 1;
            below.extend(on(next));
        }
    }
}

fn sound(words: &Words, at: &str) {
    assert!(!words.en.trim().is_empty() && !words.fr.trim().is_empty(), "{at}");
}

#[test]
fn every_scenario_is_a_chain_that_measures_of_the_framework_cut() {
    let (content, measures) = (shipped(), measures());
    let taxonomies = &content.taxonomies;
    let classes: BTreeSet<&str> = taxonomies.assets.items.iter().map(|class| class.id.as_str()).collect();
    let items: BTreeSet<&str> = taxonomies.assets.items.iter().flat_map(|class| ids(&class.entries)).collect();
    let threats: BTreeSet<&str> = taxonomies.threats.items.iter().map(|family| family.id.as_str()).collect();
    let clocks: BTreeSet<&str> = content.clocks.iter().map(|clock| clock.id.as_str()).collect();
    assert_eq!(classes.len(), 10);
    assert_eq!(content.scenarios.len(), 25);
    for (number, scenario) in (1..).zip(&content.scenarios) {
        let at = scenario.id.as_str();
        assert_eq!(at, format!("FS-{number:02}"));
        sound(&scenario.title, at);
        sound(&scenario.summary, at);
        known(&ids(&taxonomies.services.items), &scenario.services, at);
        known(&classes, &scenario.assets, at);
        known(&items, &scenario.asset_items, at);
        known(&threats, &scenario.threats, at);
        known(&ids(&taxonomies.sources.items), &scenario.sources, at);
        known(&ids(&taxonomies.impacts.items), &scenario.impacts, at);
        known(&ids(&taxonomies.actors.items), &scenario.actors, at);
        known(&clocks, &scenario.clocks, at);
        assert!((1..=4).contains(&scenario.gravity) && (1..=4).contains(&scenario.likelihood), "{at}");
        assert!(scenario.criteria.highest() <= 4, "{at}");
        let stages: Vec<StageName> = scenario.stages.iter().map(|stage| stage.name).collect();
        assert_eq!(stages, [StageName::Know, StageName::Enter, StageName::Discover, StageName::Exploit], "{at}");
        for stage in &scenario.stages {
            sound(&stage.text, at);
            assert!(!stage.measures.is_empty(), "{at}");
            known(&measures, &stage.measures, at);
        }
        known(&measures, scenario.detections.iter().filter_map(|detection| detection.measure.as_ref()), at);
        assert!(scenario.reflexes.is_sorted_by_key(|reflex| reflex.phase) && scenario.reflexes.len() >= 8, "{at}");
        assert!(scenario.injects.is_sorted_by_key(|inject| inject.minute) && scenario.injects.len() >= 5, "{at}");
        assert!(scenario.injects.iter().all(|inject| inject.minute <= scenario.exercise.minutes), "{at}");
    }
}

#[test]
fn taxonomies_say_where_they_come_from_and_name_what_misp_has() {
    let taxonomies = &shipped().taxonomies;
    let namespaces: Vec<&str> = taxonomies.misp.iter().map(|taxonomy| taxonomy.namespace.as_str()).collect();
    for asked in ["PAP", "enisa", "nis2", "rsit", "tlp"] {
        assert!(namespaces.contains(&asked), "{namespaces:?}");
    }
    let families = &taxonomies.threats.items;
    let tags = families
        .iter()
        .flat_map(|family| family.misp.iter().chain(family.entries.iter().filter_map(|entry| entry.misp.as_ref())));
    for tag in tags {
        assert!(taxonomies.misp.iter().any(|taxonomy| taxonomy.has(tag)), "MISP has no {tag}");
    }
    let kinds = ids(&taxonomies.actor_kinds);
    known(&kinds, taxonomies.actors.items.iter().filter_map(|actor| actor.kind.as_ref()), "actors");
    for provenance in [&taxonomies.assets.provenance, &taxonomies.threats.provenance, &taxonomies.services.provenance] {
        assert!(!provenance.licence.is_empty() && !provenance.source.is_empty());
    }
}

fn step(regime: &str, id: &str) -> &'static ClockStep {
    let clock = shipped().clocks.iter().find(|clock| clock.id == regime).unwrap();
    clock.steps.iter().find(|step| step.id == id).unwrap()
}

#[test]
fn the_clocks_run_from_their_anchors_and_only_where_they_concern() {
    let at = Timestamp(
        jiff::civil::datetime(2027, 1, 31, 10, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond(),
    );
    let hours = |hours: i64| Some(Timestamp(at.as_millis() + hours * 3_600_000));
    assert_eq!(step("nis2", "early-warning").deadline(at), hours(24));
    assert_eq!(step("nis2", "notification").deadline(at), hours(72));
    assert_eq!(step("nis2", "final").deadline(at), hours(28 * 24), "a month from the 31st of January is the 28th of February");
    assert_eq!(step("nis2", "intermediate").deadline(at), None);
    let known = |pairs: &[(&str, bool)]| pairs.iter().map(|(gate, is)| ((*gate).to_owned(), *is)).collect();
    assert_eq!(step("nis2", "early-warning").due(&known(&[])), Due::Perhaps);
    assert_eq!(step("nis2", "early-warning").due(&known(&[("significant", true)])), Due::Yes);
    assert_eq!(step("nis2", "early-warning").due(&known(&[("significant", false)])), Due::No);
    assert_eq!(step("nis2", "final").due(&known(&[("significant", true), ("ongoing", true)])), Due::No);
    assert_eq!(step("nis2", "final").due(&known(&[("ongoing", true)])), Due::No, "one that does not hold decides");
}
