use super::*;
use haubert_link::message::PostureAnswer;
use haubert_risk::{Nis2, Size, score};

fn content() -> &'static Content {
    Content::shipped().unwrap()
}

fn framework() -> &'static Framework {
    content().port.framework.as_ref().unwrap()
}

fn profile(ot: bool, gateways: bool) -> Profile {
    Profile { size: Size::Small, ot, nis2: Nis2::None, gateways }
}

fn node(id: &str) -> &'static Node {
    framework().measures().find(|node| short_name(node) == id).unwrap()
}

/// The choice of `score` for every question of a measure.
fn said(id: &str, score: u32) -> Vec<Said> {
    let chosen = |question: &Question| Said {
        subject: question.urn.clone(),
        choice: question.choices.iter().find(|choice| choice.score == Some(score)).map(|choice| choice.urn.clone()),
        score: None,
        not_applicable: false,
    };
    node(id).questions.iter().map(chosen).collect()
}

fn witness(name: &str, at: i64, stands: Stands) -> Witness {
    let answer = PostureAnswer { standard: "technical-note".to_owned(), id: "no_default_password".to_owned(), standing: stands };
    let report = PostureReport { version: 1, at: Timestamp(at), findings: Vec::new(), answers: vec![answer] };
    Witness { id: name.to_owned(), name: name.to_owned(), at: Timestamp(at), report }
}

fn find<'a>(asked: &'a [Asked], id: &str) -> &'a Asked {
    asked.iter().find(|asked| asked.id() == id).unwrap_or_else(|| panic!("{id} is not asked"))
}

fn stand(profile: Profile, declared: &[Said], witnesses: &[Witness], now: i64) -> Vec<Asked> {
    asked(
        content(),
        framework(),
        &Facts { profile: &profile, declared, audited: None, witnesses, files: &[], now: Timestamp(now) },
    )
}

#[test]
fn whoever_has_no_plant_and_no_gateway_is_asked_neither() {
    let without = stand(profile(false, false), &[], &[], 0);
    let with = stand(profile(true, true), &[], &[], 0);
    assert!(without.iter().all(|asked| !asked.id().starts_with("GAT")));
    assert!(without.len() < with.len());
    let declared = said("TEC-21", 3);
    let office_only: Vec<Said> = declared.iter().take(1).cloned().collect();
    let known = |profile, said: &[Said]| find(&stand(profile, said, &[], 0), "TEC-21").known.declared;
    assert_eq!(known(profile(false, false), &office_only), Answer::Done(1.0));
    assert_eq!(known(profile(true, false), &office_only), Answer::Unknown, "nobody has looked at the plant's backups");
    assert_eq!(known(profile(true, false), &declared), Answer::Done(1.0));
}

#[test]
fn gateways_prove_and_contradict_as_long_as_their_news_is_fresh() {
    let declared = said("GAT-01", 3);
    let witnesses = [witness("a", 1_000, Stands::Met), witness("b", 1_000, Stands::NotMet)];
    let profile = profile(true, true);
    let both = stand(profile, &declared, &witnesses, 2_000);
    assert_eq!(find(&both, "GAT-01").known.proven, Answer::Done(0.5));
    assert!(find(&both, "GAT-01").is_contradicted());
    let sound = stand(profile, &declared, &witnesses[..1], 2_000);
    assert!(!find(&sound, "GAT-01").is_contradicted());
    let stale = stand(profile, &declared, &witnesses, 1_000 + FRESH_MS);
    assert_eq!((find(&stale, "GAT-01").known.proven, find(&stale, "GAT-01").proofs.len()), (Answer::Unknown, 0));
    let part: Vec<&Proof> = both.iter().flat_map(|asked| &asked.proofs).filter(|proof| proof.covers == Covers::Part).collect();
    assert!(part.iter().all(|proof| proof.requirement == "no_default_password"));
}

#[test]
fn declared_evidenced_and_audited_are_three_scores() {
    let mut declared = said("GAT-01", 3);
    declared.extend(said("TEC-21", 3));
    let profile = profile(true, true);
    let audit = said("TEC-21", 1);
    let witnesses = [witness("a", 0, Stands::Met)];
    let facts = Facts {
        profile: &profile,
        declared: &declared,
        audited: Some(&audit),
        witnesses: &witnesses,
        files: &[],
        now: Timestamp(0),
    };
    let asked = asked(content(), framework(), &facts);
    let known = |measures: &[Measure]| score(measures).known;
    assert_eq!((known(&super::declared(&asked)), known(&evidenced(&asked)), known(&audited(&asked))), (2, 1, 1));
    assert!(score(&super::declared(&asked)).total.least > score(&audited(&asked)).total.least);
}

#[test]
fn what_does_not_concern_the_organisation_is_left_out() {
    let large = Profile { size: Size::Large, ..profile(false, false) };
    let reason = Said { subject: node("TEC-11").urn.clone(), choice: None, score: None, not_applicable: true };
    let asked = stand(large, &[reason], &[], 0);
    assert_eq!(find(&asked, "TEC-11").known.declared, Answer::NotApplicable);
    assert_eq!(score(&declared(&asked)).measures as usize, asked.len() - 1);
}

#[test]
fn of_several_choices_the_scores_add_up_as_far_as_the_framework_goes() {
    let library = haubert_risk::library::read(
        "urn: urn:x\nlocale: en\nref_id: X\nname: X\nversion: 1\ncopyright: CC0\nobjects:\n  framework:\n    urn: urn:x:f\n    \
         ref_id: x\n    name: X\n    min_score: 0\n    max_score: 4\n    requirement_nodes:\n    - urn: urn:x:1\n      \
         assessable: true\n      name: Copies\n      questions:\n        urn:x:1:q:\n          type: multiple_choice\n          \
         text: Where?\n          choices:\n          - { urn: 'urn:x:1:q:a', value: Here, add_score: 1 }\n          \
         - { urn: 'urn:x:1:q:b', value: There, add_score: 2 }\n          - { urn: 'urn:x:1:q:c', value: Far, add_score: 3 }\n",
    )
    .unwrap();
    let framework = library.framework.as_ref().unwrap();
    let answer = |chosen: Option<&str>| {
        let said =
            Said { subject: "urn:x:1:q".to_owned(), choice: chosen.map(str::to_owned), score: None, not_applicable: false };
        measures(framework, &[], &profile(false, false), &[said])[0].answer
    };
    assert_eq!(answer(None), Answer::Unknown);
    assert_eq!(answer(Some("urn:x:1:q:b")), Answer::Done(0.5));
    assert_eq!(answer(Some("urn:x:1:q:a urn:x:1:q:b")), Answer::Done(0.75));
    assert_eq!(answer(Some("urn:x:1:q:a urn:x:1:q:b urn:x:1:q:c")), Answer::Done(1.0));
    assert_eq!(answer(Some("urn:x:1:q:a urn:x:1:q:gone")), Answer::Unknown);
}
