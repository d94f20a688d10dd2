//! The MIB as a file (SMIv2: RFC 2578 to 2580), written from the definitions.

use super::{ENTERPRISE, Group, Leaf, NOTIFICATIONS, OBJECTS, Object, Syntax, quantities};
use haubert_model::Quantity;
use std::fmt::Write as _;

/// When the definitions last changed; RFC 2578 wants it in the file.
const REVISION: &str = "202611230000Z";
/// Longest line of a description, in characters.
const WIDTH: usize = 100;

/// The file.
pub fn text() -> String {
    let mut text = head();
    text.push_str(&quantity_convention());
    text.push_str(&scalars());
    for table in [Table::DEVICES, Table::MEASURES, Table::ALARMS] {
        text.push_str(&table.text());
    }
    text.push_str(&notifications());
    text.push_str(&conformance());
    text.push_str("END\n");
    text
}

fn head() -> String {
    let about = described(
        "What a Haubert gateway measures: its devices, their newest values and the alarms that need somebody. Everything is read-only. \
         It stands under the enterprise number 32473, which IANA keeps for documentation (RFC 5612).",
        "        ",
    );
    format!(
        "-- Written by Haubert from what its agent answers. Changes here change nothing there.
HAUBERT-MIB DEFINITIONS ::= BEGIN

IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, OBJECT-IDENTITY,
    Counter64, Gauge32, Integer32, Unsigned32, enterprises
        FROM SNMPv2-SMI
    TEXTUAL-CONVENTION, DateAndTime, TimeStamp, TruthValue
        FROM SNMPv2-TC
    MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP
        FROM SNMPv2-CONF
    SnmpAdminString
        FROM SNMP-FRAMEWORK-MIB;

haubertMIB MODULE-IDENTITY
    LAST-UPDATED \"{REVISION}\"
    ORGANIZATION \"Haubert\"
    CONTACT-INFO \"The documents that came with the gateway.\"
    DESCRIPTION
{about}
    REVISION \"{REVISION}\"
    DESCRIPTION \"First version.\"
    ::= {{ enterprises {ENTERPRISE} 1 }}

haubertNotifications OBJECT IDENTIFIER ::= {{ haubertMIB 0 }}
haubertObjects       OBJECT IDENTIFIER ::= {{ haubertMIB 1 }}
haubertProducts      OBJECT IDENTIFIER ::= {{ haubertMIB 2 }}
haubertConformance   OBJECT IDENTIFIER ::= {{ haubertMIB 3 }}

haubertGatewayProduct OBJECT-IDENTITY
    STATUS current
    DESCRIPTION \"What sysObjectID of a gateway says.\"
    ::= {{ haubertProducts 1 }}

haubertGateway OBJECT IDENTIFIER ::= {{ haubertObjects 1 }}

"
    )
}

fn quantity_convention() -> String {
    let mut about = "What is measured. Units: ".to_owned();
    let mut units: Vec<(String, Vec<String>)> = Vec::new();
    for quantity in Quantity::ALL {
        let unit = quantity.unit().symbol();
        let unit = if unit.is_empty() { "none".to_owned() } else { ascii(unit) };
        match units.iter_mut().find(|(known, _)| *known == unit) {
            Some((_, of)) => of.push(quantities::label(*quantity)),
            None => units.push((unit, vec![quantities::label(*quantity)])),
        }
    }
    let units: Vec<String> = units.into_iter().map(|(unit, of)| format!("{unit}: {}", of.join(", "))).collect();
    about.push_str(&units.join("; "));
    about.push('.');
    let labels: Vec<String> = quantities::by_number()
        .into_iter()
        .map(|quantity| format!("        {}({})", quantities::label(quantity), quantity.number()))
        .collect();
    format!(
        "HaubertQuantity ::= TEXTUAL-CONVENTION
    STATUS current
    DESCRIPTION
{}
    SYNTAX INTEGER {{
{}
    }}

",
        described(&about, "        "),
        labels.join(",\n")
    )
}

/// SMI has no other letters than those of ASCII.
fn ascii(text: &str) -> String {
    text.replace('³', "3").replace('°', "deg").chars().filter(char::is_ascii).collect()
}

fn described(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.replace('"', "'").split_whitespace() {
        let is_full = lines.last().is_some_and(|line| !line.is_empty() && line.len() + 1 + word.len() > WIDTH);
        if is_full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    format!("{indent}\"{}\"", lines.join(&format!("\n{indent} ")))
}

fn syntax(syntax: Syntax) -> String {
    match syntax {
        Syntax::Text => "SnmpAdminString".to_owned(),
        Syntax::Integer => "Integer32".to_owned(),
        Syntax::Index => "Integer32 (1..2147483647)".to_owned(),
        Syntax::IndexOrZero => "Integer32 (0..2147483647)".to_owned(),
        Syntax::Channel => "Unsigned32 (1..255)".to_owned(),
        Syntax::Named(name) => name.to_owned(),
        Syntax::Enumeration(values) => {
            let values: Vec<String> = values.iter().map(|(label, number)| format!("{label}({number})")).collect();
            format!("INTEGER {{ {} }}", values.join(", "))
        }
        Syntax::Gauge => "Gauge32".to_owned(),
        Syntax::Counter64 => "Counter64".to_owned(),
        Syntax::Ticks => "TimeTicks".to_owned(),
        Syntax::TimeStamp => "TimeStamp".to_owned(),
        Syntax::Date => "DateAndTime".to_owned(),
        Syntax::Truth => "TruthValue".to_owned(),
        Syntax::Oid => "OBJECT IDENTIFIER".to_owned(),
    }
}

fn of(group: Group) -> impl Iterator<Item = &'static Object> {
    OBJECTS.iter().filter(move |object| object.group == group)
}

fn object(object: &Object, below: &str) -> String {
    let access = if object.is_index { "not-accessible" } else { "read-only" };
    format!(
        "{} OBJECT-TYPE
    SYNTAX {}
    MAX-ACCESS {access}
    STATUS current
    DESCRIPTION
{}
    ::= {{ {below} {} }}

",
        object.name,
        syntax(object.syntax),
        described(object.about, "        "),
        object.number
    )
}

fn scalars() -> String {
    of(Group::Gateway).map(|scalar| object(scalar, "haubertGateway")).collect()
}

struct Table {
    group: Group,
    number: u32,
    /// `haubertDevice`, to which `Table` and `Entry` are appended.
    name: &'static str,
    index: &'static str,
    about: &'static str,
    about_row: &'static str,
}

impl Table {
    const DEVICES: Self = Self {
        group: Group::Device,
        number: 2,
        name: "haubertDevice",
        index: "haubertDeviceIndex",
        about: "The devices that the gateway reads. Rows come and go with the site's configuration.",
        about_row: "A device.",
    };
    const MEASURES: Self = Self {
        group: Group::Measure,
        number: 3,
        name: "haubertMeasure",
        index: "haubertDeviceIndex, haubertMeasureLoad, haubertMeasureQuantity",
        about: "What devices measure: a row for each quantity of each load that is switched on.",
        about_row: "A quantity of a load. Its index says which, the same at all times.",
    };
    const ALARMS: Self = Self {
        group: Group::Alarm,
        number: 4,
        name: "haubertAlarm",
        index: "haubertAlarmIndex",
        about: "Alarms that are raised, or that are over and wait for somebody to have seen them; the newest 1000.",
        about_row: "An alarm.",
    };

    fn text(&self) -> String {
        let Self { number, name, index, .. } = self;
        let capital = name.replacen('h', "H", 1);
        let columns: Vec<String> =
            of(self.group).map(|column| format!("    {} {}", column.name, base_syntax(column.syntax))).collect();
        let mut text = format!(
            "{name}Table OBJECT-TYPE
    SYNTAX SEQUENCE OF {capital}Entry
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION
{}
    ::= {{ haubertObjects {number} }}

{name}Entry OBJECT-TYPE
    SYNTAX {capital}Entry
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION
{}
    INDEX {{ {index} }}
    ::= {{ {name}Table 1 }}

{capital}Entry ::= SEQUENCE {{
{}
}}

",
            described(self.about, "        "),
            described(self.about_row, "        "),
            columns.join(",\n")
        );
        for column in of(self.group) {
            text.push_str(&object(column, &format!("{name}Entry")));
        }
        text
    }
}

/// In the sequence of a row, ranges and enumerations are left out (RFC 2578, clause 7.1.12).
fn base_syntax(of: Syntax) -> String {
    match of {
        Syntax::Index | Syntax::IndexOrZero => "Integer32".to_owned(),
        Syntax::Channel => "Unsigned32".to_owned(),
        Syntax::Enumeration(_) => "INTEGER".to_owned(),
        other => syntax(other),
    }
}

fn name_of(leaf: Leaf) -> &'static str {
    OBJECTS.iter().find(|object| object.leaf == leaf).map_or("", |object| object.name)
}

fn notifications() -> String {
    let one = |kind: &super::NotificationType| {
        let objects: Vec<&str> = kind.objects.iter().map(|leaf| name_of(*leaf)).collect();
        format!(
            "{} NOTIFICATION-TYPE
    OBJECTS {{ {} }}
    STATUS current
    DESCRIPTION
{}
    ::= {{ haubertNotifications {} }}

",
            kind.name,
            objects.join(", "),
            described(kind.about, "        "),
            kind.number
        )
    };
    NOTIFICATIONS.iter().map(one).collect()
}

fn conformance() -> String {
    let mut text = "haubertCompliances OBJECT IDENTIFIER ::= { haubertConformance 1 }
haubertGroups      OBJECT IDENTIFIER ::= { haubertConformance 2 }

haubertCompliance MODULE-COMPLIANCE
    STATUS current
    DESCRIPTION \"What every gateway answers.\"
    MODULE
        MANDATORY-GROUPS { haubertObjectGroup, haubertNotificationGroup }
    ::= { haubertCompliances 1 }

"
    .to_owned();
    let readable = OBJECTS.iter().filter(|object| object.group != Group::System && !object.is_index);
    let objects: Vec<String> = readable.map(|object| format!("        {}", object.name)).collect();
    let notifications: Vec<&str> = NOTIFICATIONS.iter().map(|kind| kind.name).collect();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "haubertObjectGroup OBJECT-GROUP
    OBJECTS {{
{}
    }}
    STATUS current
    DESCRIPTION \"Everything that can be read.\"
    ::= {{ haubertGroups 1 }}

haubertNotificationGroup NOTIFICATION-GROUP
    NOTIFICATIONS {{ {} }}
    STATUS current
    DESCRIPTION \"Everything that is sent.\"
    ::= {{ haubertGroups 2 }}

",
        objects.join(",\n"),
        notifications.join(", ")
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    #[allow(clippy::disallowed_methods)] // the size of our own file is known
    fn the_committed_file_is_the_definitions() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/HAUBERT-MIB.txt");
        if std::env::var_os("HAUBERT_REWRITE").is_some() {
            std::fs::write(&file, text()).unwrap();
        }
        assert_eq!(
            String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()),
            text(),
            "run HAUBERT_REWRITE=1 cargo test -p haubert-snmp -- committed"
        );
    }

    #[test]
    fn it_is_ascii_in_lines_that_can_be_read() {
        assert!(text().is_ascii());
        assert!(text().lines().all(|line| line.len() <= 200));
    }
}
