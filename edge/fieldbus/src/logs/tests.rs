use super::*;
use crate::transport::Outcome;
use haubert_content::PeriodMark;
use haubert_modbus::{ExceptionCode, Request};
use haubert_model::Decimal;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock, Mutex};

/// Address and values of each write.
type Writes = Vec<(u16, Vec<u16>)>;

/// A device with a log of ten-minute records, which minds every write.
struct Meter {
    log: LogBlock,
    /// Starts and raw values, oldest first.
    records: Vec<(i64, u16)>,
    newest_first: bool,
    first: Option<usize>,
    writes: Arc<Mutex<Writes>>,
    /// Requests after which the device falls silent.
    until: usize,
    asked: usize,
}

fn profile(name: &str) -> Arc<haubert_content::Profile> {
    static CATALOGUE: LazyLock<haubert_content::Catalogue> = LazyLock::new(|| haubert_content::embedded().unwrap());
    CATALOGUE.get_shared(&haubert_content::ProfileId::new(name)).unwrap()
}

fn meter(name: &str, count: usize) -> Meter {
    Meter {
        log: profile(name).log.clone().unwrap(),
        records: (0..count).map(|at| (600 * at as i64, at as u16)).collect(),
        newest_first: false,
        first: None,
        writes: Arc::default(),
        until: usize::MAX,
        asked: 0,
    }
}

impl Meter {
    fn answer(&mut self, request: &Request) -> Result<Response, AskError> {
        self.asked += 1;
        if self.asked > self.until {
            return Err(AskError::Timeout);
        }
        let most = usize::from(self.log.records.most);
        match request {
            Request::WriteRegisters { address, values } => {
                self.writes.lock().unwrap().push((*address, values.clone()));
                self.first = match (self.log.window, values.as_slice()) {
                    (LogWindow::Step { rewind, .. }, [word]) if *word == rewind => {
                        Some(if self.newest_first { self.records.len().saturating_sub(most) } else { 0 })
                    }
                    (LogWindow::Step { .. }, _) if self.newest_first => {
                        self.first.filter(|first| *first > 0).map(|first| first.saturating_sub(most))
                    }
                    (LogWindow::Step { .. }, _) => self.first.map(|first| first + most),
                    (LogWindow::Record { newest, .. }, [_, number]) => {
                        let last = if *number == newest { self.records.len() } else { usize::from(*number) + 1 };
                        (last <= self.records.len()).then_some(last.saturating_sub(most))
                    }
                    _ => None,
                };
                Ok(Response::Written)
            }
            Request::Read { address, count, .. } => {
                let (header, records) = (self.log.header, self.log.records);
                let first = self.first.unwrap_or(self.records.len());
                let shown: Vec<(i64, u16)> = self.records.iter().skip(first).take(most).copied().collect();
                let mut words = vec![0u16; usize::from(header.words)];
                words[usize::from(header.count)] = shown.len() as u16;
                words[usize::from(header.period)] = 600;
                words[usize::from(header.numerator)] = 10;
                words[usize::from(header.denominator)] = 1;
                if let Some(place) = header.record {
                    words[usize::from(place)] = (first + shown.len()).saturating_sub(1) as u16;
                }
                if let (Some(place), Some((start, _))) = (header.date, shown.first()) {
                    words[usize::from(place) + 1] = *start as u16;
                    words[usize::from(place)] = (*start >> 16) as u16;
                }
                for (start, raw) in shown {
                    let mut record = vec![0u16; usize::from(records.words)];
                    if let Some(place) = records.date {
                        record[usize::from(place) + 1] = (start + 600) as u16;
                        record[usize::from(place)] = ((start + 600) >> 16) as u16;
                    }
                    let last = usize::from(records.value + records.kind.words() - 1);
                    record[last] = raw;
                    words.extend(record);
                }
                let from = usize::from(address - header.address);
                words.resize(1_000, 0);
                Ok(Response::Registers(words[from..from + usize::from(*count)].to_vec()))
            }
            _ => Err(AskError::Exception(ExceptionCode::IllegalFunction)),
        }
    }
}

impl Ask for Meter {
    async fn ask(&mut self, _: u8, question: &Question) -> Outcome {
        Outcome { result: self.answer(question.request()), ..Outcome::nothing(AskError::NotOpen) }
    }
}

async fn all(meter: &mut Meter, wanted: Range<i64>) -> (Result<Option<u16>, LogError>, Vec<LogRecord>) {
    let log = meter.log.clone();
    let query = LogQuery { unit: 1, log: &log, channel: 1, wanted, max_registers: 60 };
    let mut found = Vec::new();
    let outcome = read_log(meter, &query, Allowed::by_setting(true, &log).unwrap(), &mut |block| {
        found.extend(block.records);
        ControlFlow::Continue(())
    })
    .await;
    // Windows may overlap at the oldest end.
    found.sort_by_key(|record| record.date_s);
    found.dedup();
    (outcome, found)
}

fn dates(records: &[LogRecord]) -> Vec<i64> {
    records.iter().map(|record| record.date_s).collect()
}

#[tokio::test]
async fn every_manner_of_log_is_read_whole_whichever_way_it_runs() {
    for (name, newest_first) in [("socomec/countis-e3x", false), ("socomec/countis-e3x", true), ("socomec/diris-b30", false)] {
        for count in [0, 1, 24, 29, 30, 100] {
            let mut meter = meter(name, count);
            meter.newest_first = newest_first;
            let (outcome, found) = all(&mut meter, i64::MIN..i64::MAX).await;
            assert_eq!(outcome.unwrap(), (count > 0).then_some(600), "{name} {count}");
            let end_s = if meter.log.records.dated == PeriodMark::End { 600 } else { 0 };
            assert_eq!(
                dates(&found),
                meter.records.iter().map(|(start, _)| *start + end_s).collect::<Vec<_>>(),
                "{name} {count}"
            );
            assert!(
                found.iter().zip(&meter.records).all(|(found, (_, raw))| found.value == Decimal::new(i64::from(*raw) * 10, 0))
            );
        }
    }
}

#[tokio::test]
async fn only_the_command_of_the_log_is_ever_written() {
    for (name, command) in [("socomec/countis-e3x", 0xF000), ("socomec/diris-b30", 0x8860)] {
        let mut meter = meter(name, 100);
        let (outcome, _) = all(&mut meter, i64::MIN..i64::MAX).await;
        outcome.unwrap();
        let writes = meter.writes.lock().unwrap();
        assert!(!writes.is_empty() && writes.iter().all(|(address, _)| *address == command), "{writes:?}");
    }
    assert!(Allowed::by_setting(false, &profile("socomec/countis-e3x").log.clone().unwrap()).is_none());
}

#[tokio::test]
async fn no_more_is_read_than_is_wanted() {
    // The newest end of a numbered log, the oldest end of a sequential one.
    let mut numbered = meter("socomec/diris-b30", 20_000);
    let (_, found) = all(&mut numbered, 600 * 19_950..600 * 20_000).await;
    assert!(found.len() <= 4 * 24 && found.first().unwrap().date_s <= 600 * 19_950);
    let mut sequential = meter("socomec/countis-e3x", 20_000);
    let (_, found) = all(&mut sequential, 0..600 * 50).await;
    assert!(found.len() <= 3 * 29);
    assert!(numbered.asked < 20 && sequential.asked < 20, "{} {}", numbered.asked, sequential.asked);
}

#[tokio::test]
async fn an_interruption_keeps_what_was_read() {
    let mut meter = meter("socomec/countis-e3x", 100);
    meter.until = 8;
    let (outcome, found) = all(&mut meter, i64::MIN..i64::MAX).await;
    assert_eq!(outcome, Err(LogError::Ask(AskError::Timeout)));
    assert!(!found.is_empty() && found.len() < 100);
}

#[tokio::test]
async fn a_log_that_never_ends_is_left() {
    struct Endless(Meter);
    impl Ask for Endless {
        async fn ask(&mut self, unit: u8, question: &Question) -> Outcome {
            // Whatever is asked, the window shows the same.
            self.0.first = Some(0);
            let outcome = self.0.ask(unit, question).await;
            self.0.first = Some(0);
            outcome
        }
    }
    let inner = meter("socomec/countis-e3x", 29);
    let log = inner.log.clone();
    let query = LogQuery { unit: 1, log: &log, channel: 1, wanted: i64::MIN..i64::MAX, max_registers: 125 };
    let mut blocks = 0;
    let mut count = |_: Block| {
        blocks += 1;
        ControlFlow::Continue(())
    };
    read_log(&mut Endless(inner), &query, Allowed::by_setting(true, &log).unwrap(), &mut count).await.unwrap();
    assert_eq!(blocks, 1);
}

#[test]
fn a_clock_is_read_in_both_layouts_and_a_wrong_date_is_none() {
    use haubert_content::ClockLayout::{DayMonthYear, SecondsSince2000};
    assert_eq!(parse::clock(DayMonthYear, &[1, 1, 2000, 0, 0, 59]), Some(59));
    assert_eq!(parse::clock(DayMonthYear, &[2, 1, 0, 0, 0, 0]), Some(86_400));
    assert_eq!(parse::clock(DayMonthYear, &[30, 2, 2026, 0, 0, 0]), None);
    assert_eq!(parse::clock(DayMonthYear, &[1, 1, 2026, 24, 0, 0]), None);
    assert_eq!(parse::clock(DayMonthYear, &[1, 1, 65_535, 0, 0, 0]), None);
    // 2038 and beyond: the count from 2000 ends in 2136.
    assert_eq!(parse::clock(DayMonthYear, &[19, 1, 2038, 3, 14, 8]), Some(1_200_798_848));
    assert_eq!(parse::clock(SecondsSince2000, &[0xFFFF, 0xFFFF]), Some(4_294_967_295));
}

proptest! {
    #[test]
    fn whatever_stands_there_is_records_or_a_reason(header in prop::collection::vec(any::<u16>(), 0..10), words in prop::collection::vec(any::<u16>(), 0..130)) {
        for name in ["socomec/countis-e3x", "socomec/diris-b30"] {
            let log = profile(name).log.clone().unwrap();
            if let Ok(header) = Header::parse(&log, &header)
                && let Ok(block) = Block::parse(&log, header, &words)
            {
                prop_assert!(block.records.len() <= usize::from(log.records.most));
                prop_assert!(block.first_number().is_none_or(|number| number < u16::MAX));
            }
        }
    }
}
