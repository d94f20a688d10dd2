//! What a program has shown of its history, and what it shows later.

use std::collections::BTreeMap;

/// Samples by time (as printed, so that text order is time order) and series.
pub type Cells = BTreeMap<(String, u64), String>;

/// Where a program gives samples as a table with one column per series: the gateway, or a hub's gateway at `prefix`
/// (`/gateways/<id>`).
pub fn table_path(prefix: &str, series: &[u64], from: &str, to: &str) -> String {
    let ids: Vec<String> = series.iter().map(u64::to_string).collect();
    let place = if prefix.is_empty() {
        "/exports/samples?reasons=false&ids=".to_owned()
    } else {
        format!("{prefix}/series/samples.csv?ids=")
    };
    format!("{place}{}&from={from}&to={to}", ids.join(","))
}

/// The samples of such a table; gaps are left out. Values that are equal numbers are equal texts.
pub fn cells(csv: &str, series: &[u64]) -> Cells {
    let mut found = Cells::new();
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        // The time in UTC, and in the gateway's table the local time.
        let Some((at, values)) = fields.first().zip(fields.len().checked_sub(series.len()).and_then(|skip| fields.get(skip..)))
        else {
            continue;
        };
        for (one, value) in series.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            let value = value.parse::<f64>().map_or_else(|_| (*value).to_owned(), |number| number.to_string());
            found.insert(((*at).to_owned(), *one), value);
        }
    }
    found
}

/// Everything that was ever shown.
#[derive(Debug, Default)]
pub struct Ledger {
    shown: Cells,
}

impl Ledger {
    /// Adds what is shown now.
    pub fn take(&mut self, cells: Cells) {
        self.shown.extend(cells);
    }

    /// How many samples.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether nothing was shown yet.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The time of the sample that so many came after; long ago when there are fewer.
    pub fn before(&self, samples: usize) -> String {
        let at = self.shown.keys().rev().nth(samples).map(|(at, _)| at.clone());
        at.unwrap_or_else(|| "2000-01-01T00:00:00Z".to_owned())
    }

    /// What was shown from `from` on and is now gone or different, in words.
    pub fn missing_from(&self, now: &Cells, from: &str) -> Vec<String> {
        self.shown
            .range((from.to_owned(), 0)..)
            .filter(|(key, value)| now.get(*key) != Some(*value))
            .map(|((at, series), value)| {
                let found = now.get(&(at.clone(), *series)).map_or("nothing", String::as_str);
                format!("series {series} at {at}: {value} was shown, now {found}")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_or_different_is_found() {
        let before = cells("time,a,b\r\n2026-01-01T00:00:00.000Z,1,2\r\n2026-01-01T00:00:01.000Z,,4\r\n", &[7, 9]);
        assert_eq!(before.len(), 3);
        let mut ledger = Ledger::default();
        ledger.take(before.clone());
        assert!(ledger.missing_from(&before, "").is_empty());
        let after = cells("time,a,b\n2026-01-01T00:00:00.000Z,1,3\n", &[7, 9]);
        assert_eq!(ledger.missing_from(&after, "").len(), 2);
        assert_eq!(ledger.missing_from(&after, "2026-01-01T00:00:01").len(), 1);
    }
}
