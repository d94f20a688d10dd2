//! `docs/iec-62443-4-2.md`, made of the requirements.

use super::requirements::{Requirement, Stance};
use std::fmt::Write as _;

/// The document.
pub fn markdown(lines: &[Requirement]) -> String {
    let mut text = String::from(
        "# haubert-gateway and IEC 62443-4-2\n\n\
         Generated from `content/requirements/iec-62443-4-2.toml`. Self-assessed as network device and embedded device for SL-C 2, with what \
         a public study asks of IIoT gateways besides (*core*); nobody has certified it. Requirements are in our own words, after public \
         secondary material. How a gateway stands as it is set now is on its own page *Security* and at `/api/v1/posture`.\n\n",
    );
    let counted = |stance: Stance| lines.iter().filter(|line| line.part != "core" && line.stance == stance).count();
    // A `String` takes whatever is written.
    let _written = writeln!(
        text,
        "| met | met by configuration | compensated | not met | not applicable | all |\n|---|---|---|---|---|---|\n| {} | {} | {} | {} | {} | {} |",
        counted(Stance::Met),
        counted(Stance::MetByConfiguration),
        counted(Stance::Compensated),
        counted(Stance::NotMet),
        counted(Stance::NotApplicable),
        lines.iter().filter(|line| line.part != "core").count()
    );
    for (part, heading) in [
        ("all", "Every component"),
        ("network", "Network device"),
        ("embedded", "Embedded device"),
        ("core", "Beyond SL 2: IIoT gateways, core"),
    ] {
        let _written = writeln!(
            text,
            "\n## {heading}\n\n| line | SL | asks | answer | where | shown by | note |\n|---|---|---|---|---|---|---|"
        );
        for line in lines.iter().filter(|line| line.part == part) {
            let place = line.place.as_deref().map(|place| format!("`{place}`")).unwrap_or_default();
            let tests: Vec<String> = line.tests.iter().map(|test| format!("`{test}`")).collect();
            let note = line.note.as_ref().map(|note| note.en.as_str()).unwrap_or_default();
            let _written = writeln!(
                text,
                "| {} | {} | {} | {} | {place} | {} | {note} |",
                line.id,
                line.level,
                line.title.en,
                stance(line.stance),
                tests.join(", ")
            );
        }
    }
    text
}

const fn stance(stance: Stance) -> &'static str {
    match stance {
        Stance::Met => "met",
        Stance::MetByConfiguration => "met by configuration",
        Stance::Compensated => "compensated",
        Stance::NotMet => "**not met**",
        Stance::NotApplicable => "not applicable",
    }
}
