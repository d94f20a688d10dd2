use super::*;
use haubert_historian::{Key, Sample, SealPolicy, SeriesSpec, Store};
use haubert_model::{LoadId, Quantity, Reason, RecordKind};
use uuid::Uuid;

const START: i64 = 1_795_255_200_000;

fn spec(quantity: Quantity, exponent: i8) -> SeriesSpec {
    SeriesSpec {
        kind: RecordKind::Trend,
        quantity,
        exponent,
        period_ms: Some(1_000),
        load: LoadId(Uuid::from_u128(1)),
        rollover: None,
    }
}

/// A store with these samples per series, sealed, and an export of them all.
fn stored(series: &[(SeriesSpec, Vec<Sample>)], format: Format) -> (tempfile::TempDir, Reader, Export) {
    let dir = tempfile::tempdir().unwrap();
    let key = Key::new([7; 32]);
    let path = dir.path().join("history.db");
    let mut store = Store::open(&path, &key).unwrap();
    for (spec, samples) in series {
        let id = store.declare(spec).unwrap();
        let samples: Vec<_> = samples.iter().map(|sample| (id, *sample)).collect();
        samples.chunks(50_000).for_each(|part| store.append(part).unwrap());
        store.seal(Timestamp(START + 86_400_000_000), &SealPolicy { max_samples: 4_096, max_age_ms: 0 }).unwrap();
    }
    let reader = Reader::open(&path, &key).unwrap();
    let whose = Whose { id: "d-7".to_owned(), name: "Grue".to_owned(), host: "0.0.0.0".to_owned(), unit: 11 };
    let column =
        |info| Column { info, load: "Grue 1".to_owned(), usage: "cranes", fluid: "electricity", device: Some(whose.clone()) };
    let columns = reader.series().unwrap().into_iter().map(column).collect();
    let export = Export {
        site: "Quai 4".to_owned(),
        gateway: "g-1".to_owned(),
        columns,
        from: Timestamp(0),
        to: Timestamp(START * 2),
        format,
        decimals: Decimals::Point,
        reasons: true,
        zone: TimeZone::get("Europe/Paris").unwrap(),
    };
    (dir, reader, export)
}

fn text(reader: &Reader, export: &Export) -> String {
    let mut all = Vec::new();
    export
        .write(reader, &mut |piece| {
            all.extend(piece);
            ControlFlow::Continue(())
        })
        .unwrap();
    String::from_utf8(all).unwrap()
}

fn two() -> Vec<(SeriesSpec, Vec<Sample>)> {
    let at = |s: i64| Timestamp(START + s * 1_000);
    let power = vec![Sample::measured(at(0), 1_500, Reason::Measured), Sample::missing(at(2), Reason::NoAnswer)];
    let volts = vec![Sample::measured(at(1), 23_050, Reason::ClockNotSet), Sample::measured(at(2), 23_100, Reason::Measured)];
    vec![(spec(Quantity::ActivePowerTotal, 0), power), (spec(Quantity::VoltageL1, -2), volts)]
}

#[test]
fn wide_csv_lines_series_up_and_leaves_gaps_empty() {
    let (_dir, reader, export) = stored(&two(), Format::CsvWide);
    let lines: Vec<String> = text(&reader, &export).split("\r\n").map(str::to_owned).collect();
    assert_eq!(
        lines[0],
        "time_utc,time_local,\"Grue 1 · active_power_total · trend [W]\",\"Grue 1 · active_power_total · trend [W] · reason\",\
         \"Grue 1 · voltage_l1 · trend [V]\",\"Grue 1 · voltage_l1 · trend [V] · reason\""
    );
    assert_eq!(lines[1], "2026-11-21T10:00:00.000Z,2026-11-21T11:00:00.000+01:00,1500,measured,,");
    assert_eq!(lines[2], "2026-11-21T10:00:01.000Z,2026-11-21T11:00:01.000+01:00,,,230.50,clock_not_set");
    assert_eq!(lines[3], "2026-11-21T10:00:02.000Z,2026-11-21T11:00:02.000+01:00,,no_answer,231.00,measured");
    assert_eq!(lines[4..], [""]);
}

#[test]
fn a_french_spreadsheet_reads_commas_and_accents() {
    let (_dir, reader, export) = stored(&two(), Format::CsvLong);
    let export = Export { decimals: Decimals::Comma, ..export };
    let text = text(&reader, &export);
    assert!(text.starts_with("\u{feff}time_utc;time_local;load;"));
    assert!(text.contains(";\"Grue 1\";voltage_l1;trend;V;230,50;uncertain;clock_not_set\r\n"), "{text}");
    assert!(text.contains(";W;;bad;no_answer\r\n"), "{text}");
}

#[test]
fn json_lines_keep_the_digits_and_say_null_for_a_gap() {
    let (_dir, reader, export) = stored(&two(), Format::Jsonl);
    let text = text(&reader, &export);
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert!(text.contains("\"value\":230.50,"));
    assert_eq!(lines[2]["value"], serde_json::Value::Null);
    assert_eq!((lines[2]["reason"].as_str(), lines[2]["quality"].as_str()), (Some("no_answer"), Some("bad")));
}

#[test]
fn a_long_dense_range_is_whole_and_in_order_in_small_pieces() {
    // 400,000 samples in seven minutes, then three lone ones years later.
    let dense = |offset: i64| -> Vec<Sample> {
        (0..200_000).map(|at| Sample::measured(Timestamp(START + offset + at * 2), at, Reason::Measured)).collect()
    };
    let mut late = dense(1);
    late.extend((1..4).map(|year| Sample::measured(Timestamp(START + year * 31_536_000_000), year, Reason::Measured)));
    let series = vec![(spec(Quantity::ActivePowerTotal, 0), dense(0)), (spec(Quantity::VoltageL1, -2), late)];
    let (_dir, reader, export) = stored(&series, Format::CsvLong);
    let (mut rows, mut last, mut largest, mut rest) = (0, String::new(), 0, String::new());
    export
        .write(&reader, &mut |piece| {
            largest = largest.max(piece.len());
            rest.push_str(std::str::from_utf8(&piece).unwrap());
            let whole = rest.rfind('\n').map_or(0, |end| end + 1);
            for line in rest.drain(..whole).collect::<String>().lines().filter(|line| line.starts_with('2')) {
                assert!(line[..24] > *last, "{line} after {last}");
                last = line[..24].to_owned();
                rows += 1;
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(rows, 400_003);
    assert!(largest < 2 * PIECE, "{largest}");
    const { assert!(windows::MOST < 400_000, "the range must not fit in one window for this test to say something") };
}

#[test]
fn a_reader_who_leaves_ends_the_work() {
    let samples = (0..60_000).map(|at| Sample::measured(Timestamp(START + at * 1_000), at, Reason::Measured)).collect();
    let (_dir, reader, export) = stored(&[(spec(Quantity::Frequency, -3), samples)], Format::CsvLong);
    let mut pieces = 0;
    export
        .write(&reader, &mut |_| {
            pieces += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(pieces, 1);
}

#[test]
fn the_standard_layout_tells_scale_and_unit_and_keeps_raw_numbers() {
    let (_dir, reader, export) = stored(&two(), Format::CsvStandard);
    let export = Export { from: Timestamp(START), to: Timestamp(START + 3_600_000), ..export };
    let lines: Vec<String> = text(&reader, &export).split("\r\n").map(str::to_owned).collect();
    assert_eq!(
        lines,
        [
            "\"Device name\",\"IP Address\",\"Modbus Address\",\"Begin date\",\"End date\"",
            "\"Grue\",0.0.0.0,11,2026-11-21T11:00:00,2026-11-21T12:00:00,",
            "",
            "\"Load Name\",\"Grue 1\",\"Grue 1\",",
            "\"Usage\",\"cranes\",\"cranes\",",
            "\"Nature\",\"electricity\",\"electricity\",",
            "\"Measured value\",\"active_power_total\",\"voltage_l1\",",
            "\"Unit\",\"W\",\"V\",",
            "\"Scale\",1.0000000,100.0000000,",
            "2026-11-21T11:00:00,1500,,",
            "2026-11-21T11:00:01,,23050,",
            "2026-11-21T11:00:02,,23100,",
            "",
        ]
    );
}

#[test]
fn the_layout_for_management_systems_keys_its_series() {
    let (_dir, reader, export) = stored(&two(), Format::CsvEms);
    let lines: Vec<String> = text(&reader, &export).split("\r\n").map(str::to_owned).collect();
    let load = uuid::Uuid::from_u128(1);
    assert_eq!(
        lines,
        [
            format!(
                "1,\"Quai 4/g-1/trend/active_power_total/d-7/{load}\",\"Quai 4\",\"Grue\",\"Grue 1 (trend)\",active_power_total,1,W"
            ),
            format!("2,\"Quai 4/g-1/trend/voltage_l1/d-7/{load}\",\"Quai 4\",\"Grue\",\"Grue 1 (trend)\",voltage_l1,0.01,V"),
            "1,2026-11-21T10:00:00.000Z,1500".to_owned(),
            "2,2026-11-21T10:00:01.000Z,23050".to_owned(),
            "2,2026-11-21T10:00:02.000Z,23100".to_owned(),
            String::new(),
        ]
    );
}

#[test]
fn a_parquet_file_gives_back_every_sample() {
    use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
    use ::parquet::record::RowAccessor as _;
    let many: Vec<_> = (0..100_000).map(|n| Sample::measured(Timestamp(START + n * 1_000), n, Reason::Measured)).collect();
    let gap = vec![Sample::missing(Timestamp(START + 5), Reason::NoAnswer)];
    let series = [(spec(Quantity::ActivePowerTotal, -1), many), (spec(Quantity::VoltageL1, 0), gap)];
    let (_dir, reader, export) = stored(&series, Format::Parquet);
    let (mut all, mut pieces) = (Vec::new(), 0);
    export
        .write(&reader, &mut |piece| {
            pieces += 1;
            all.extend(piece);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(pieces > 1, "a group goes when it is full");
    let file = SerializedFileReader::new(bytes::Bytes::from(all)).unwrap();
    assert_eq!((file.metadata().num_row_groups(), file.metadata().file_metadata().num_rows()), (2, 100_001));
    for (at, row) in file.get_row_iter(None).unwrap().enumerate() {
        let row = row.unwrap();
        match at {
            0 => assert_eq!((row.get_double(6).unwrap(), row.get_string(2).unwrap().as_str()), (0.0, "Grue 1")),
            // The gap is five milliseconds later than the first.
            1 => {
                let texts = [3, 5, 9, 10].map(|column| row.get_string(column).unwrap().as_str());
                assert_eq!(texts, ["voltage_l1", "V", "bad", "no_answer"]);
                assert!(row.get_double(6).is_err());
            }
            _ => {
                let n = i64::try_from(at).unwrap() - 1;
                assert_eq!((row.get_long(7).unwrap(), row.get_int(8).unwrap()), (n, -1));
                assert_eq!(row.get_timestamp_millis(0).unwrap(), START + n * 1_000);
            }
        }
    }
}

#[test]
fn an_export_without_samples_is_empty() {
    let (_dir, reader, export) = stored(&two(), Format::CsvWide);
    assert!(!export.is_empty(&reader).unwrap());
    assert!(Export { to: Timestamp(START), ..export }.is_empty(&reader).unwrap());
}
