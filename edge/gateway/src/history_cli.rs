//! `haubert-gateway history …`: looking at, mending and taking out the history without the running gateway.

use crate::config::Config;
use crate::store::{first_page, opening, spare};
use haubert_historian::{Reader, Sample, SeriesSpec, Store, StoreError};
use haubert_model::{SeriesId, Timestamp};
use haubert_service::wire::Time;
use haubert_trust::Key;
use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// The history file of a data folder, and its key.
struct Place {
    file: PathBuf,
    key: Key,
}

impl Place {
    fn of(config: &Config) -> Result<Self, Box<dyn Error>> {
        let file = config.data_dir.join("history.db");
        // A key made anew would open nothing, and would only hide that the folder is the wrong one.
        let key_file = config.data_dir.join("storage.key");
        for needed in [&file, &key_file] {
            if !needed.exists() && !spare::copy_of(needed).exists() {
                return Err(format!("{} is not there: is this the data folder?", needed.display()).into());
            }
        }
        let keys = opening::keys(&key_file)?;
        // A damaged key opens nothing; its copy does. When none does, the first says why.
        let fits = |key: &&Key| Reader::open(&file, &own(key)).is_ok();
        let key = keys.iter().find(fits).or(keys.first()).ok_or("the key file is damaged, and so is its copy")?.clone();
        Ok(Self { file, key })
    }

    fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.file, &own(&self.key))
    }
}

/// The key as the historian takes it.
fn own(key: &Key) -> haubert_historian::Key {
    haubert_historian::Key::new(*key.expose())
}

/// Looks at every byte and lists what is damaged. The gateway may run meanwhile.
///
/// # Errors
/// When something is damaged, or the file cannot be read at all.
pub fn check(config: &Config, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let place = Place::of(config)?;
    let findings = place.reader()?.check()?;
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    match findings.len() {
        0 => Ok(writeln!(out, "{}: whole", place.file.display())?),
        count => Err(format!("{}: {count} findings; `history repair` saves what can be read", place.file.display()).into()),
    }
}

/// Saves whatever can be read into a new file, and keeps the old one beside it. The gateway must not run.
///
/// # Errors
/// When nothing can be read, the gateway runs, or the new file cannot be written; the old one is then untouched.
pub fn repair(config: &Config, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let place = Place::of(config)?;
    let report = match haubert_historian::repair(&place.file, &own(&place.key)) {
        Err(StoreError::WrongKey) => first_page::mend(&place.file, &place.key)?.ok_or(StoreError::WrongKey)?,
        report => report?,
    };
    let (saved, open) = (report.samples, report.open_samples);
    writeln!(out, "saved: {saved} samples in {} chunks, and {open} that were not yet in one", report.chunks)?;
    writeln!(out, "the file as it was: {}", report.kept.display())?;
    for lost in &report.lost {
        writeln!(out, "lost: {lost}")?;
    }
    // Opened once as the gateway does, so that what is said here is what it will meet.
    drop(Store::open(&place.file, &own(&place.key))?);
    Ok(())
}

/// Which samples to take out.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The first time.
    pub from: Timestamp,
    /// The first time that is not wanted any more.
    pub to: Timestamp,
    /// Only this series.
    pub series: Option<SeriesId>,
}

/// Writes samples as CSV, series by series, each in order of time. The gateway may run meanwhile.
///
/// # Errors
/// When the file cannot be read, or `out` cannot be written.
pub fn export(config: &Config, range: Range, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let place = Place::of(config)?;
    let reader = place.reader()?;
    let mut out = BufWriter::new(out);
    writeln!(out, "series,load,quantity,unit,kind,period_s,time,value,quality,reason")?;
    for (id, spec) in reader.specs()?.into_iter().filter(|(id, _)| range.series.is_none_or(|only| only == *id)) {
        let head = head(id, &spec)?;
        let mut outcome = Ok(());
        reader.visit(id, range.from, range.to, &mut |sample| {
            if outcome.is_ok() {
                outcome = line(&mut out, &head, &spec, &sample);
            }
        })?;
        outcome?;
    }
    Ok(out.flush()?)
}

fn head(id: SeriesId, spec: &SeriesSpec) -> Result<String, serde_json::Error> {
    let period = spec.period_ms.map(|ms| (ms as f64 / 1000.0).to_string()).unwrap_or_default();
    // Names as the API writes them.
    let unit = serde_json::to_value(spec.quantity.unit())?;
    let unit = unit.as_str().unwrap_or_default();
    Ok(format!("{id},{},{},{unit},{},{period}", spec.load, spec.quantity, spec.kind.code()))
}

fn line(out: &mut dyn Write, head: &str, spec: &SeriesSpec, sample: &Sample) -> std::io::Result<()> {
    let value = sample.value(spec.exponent).map(|value| value.to_f64().to_string()).unwrap_or_default();
    let name = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let (quality, reason) = (name(serde_json::to_value(sample.quality())), name(serde_json::to_value(sample.reason)));
    writeln!(out, "{head},{},{value},{quality},{reason}", Time(sample.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::{LoadId, Quantity, Reason, RecordKind};
    use haubert_trust::KeyFile;
    use uuid::Uuid;

    fn folder() -> (tempfile::TempDir, Config) {
        let dir = tempfile::tempdir().unwrap();
        let config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        let key = KeyFile::open_or_create(&dir.path().join("storage.key")).unwrap();
        let mut store = Store::open(dir.path().join("history.db"), &own(&key)).unwrap();
        let spec = SeriesSpec {
            kind: RecordKind::Trend,
            quantity: Quantity::Frequency,
            exponent: -3,
            period_ms: Some(1000),
            load: LoadId(Uuid::from_u128(1)),
            rollover: None,
        };
        let series = store.declare(&spec).unwrap();
        let at = |second: i64| Timestamp::from_secs(1_763_715_600 + second);
        let good = Sample::measured(at(0), 50_012, Reason::Measured);
        store.append(&[(series, good), (series, Sample::missing(at(1), Reason::NoAnswer))]).unwrap();
        (dir, config)
    }

    fn said(act: impl FnOnce(&mut dyn Write) -> Result<(), Box<dyn Error>>) -> String {
        let mut out = Vec::new();
        act(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_was_stored_comes_out_with_names_and_reasons() {
        let (_dir, config) = folder();
        let all = Range { from: Timestamp(0), to: Timestamp(i64::MAX), series: None };
        let text = said(|out| export(&config, all, out));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].ends_with(",frequency,Hz,trend,1,2025-11-21T09:00:00.000Z,50.012,good,measured"), "{text}");
        assert!(lines[2].ends_with(",2025-11-21T09:00:01.000Z,,bad,no_answer"), "{text}");
        let none = Range { series: Some(SeriesId(99)), ..all };
        assert_eq!(said(|out| export(&config, none, out)).lines().count(), 1);
    }

    #[test]
    fn a_whole_file_is_called_whole_and_survives_a_repair() {
        let (_dir, config) = folder();
        assert!(said(|out| check(&config, out)).contains("whole"));
        assert!(said(|out| repair(&config, out)).contains("2 that were not yet"));
        assert!(said(|out| check(&config, out)).contains("whole"));
    }

    #[test]
    fn a_wrong_folder_is_told_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        assert!(check(&config, &mut Vec::new()).unwrap_err().to_string().contains("data folder"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
