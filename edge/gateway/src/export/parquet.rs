//! Apache Parquet: one row per sample, in groups, so that a bounded number of rows is held.

use super::rows::{Rows, quality_name, reasons, unit_text};
use super::windows::Cell;
use super::{Column, Export};
use haubert_model::Reason;
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of one group.
const GROUP: usize = 65_536;
/// What a row holds: times in milliseconds since 1970 in UTC; `value` in `unit`, absent for a gap; `raw` × 10^`exponent` is the same
/// without rounding.
const SCHEMA: &str = "message samples {
  required int64 time (TIMESTAMP(MILLIS,true)); required int64 series; required binary load (UTF8); required binary quantity (UTF8);
  required binary kind (UTF8); required binary unit (UTF8); optional double value; optional int64 raw; required int32 exponent;
  required binary quality (UTF8); required binary reason (UTF8);
}";

/// Names of a series, made once.
struct Names {
    series: i64,
    exponent: i32,
    texts: [ByteArray; 4],
}

/// Writes it.
pub(super) struct Parquet {
    writer: Option<SerializedFileWriter<Vec<u8>>>,
    names: Vec<Names>,
    reasons: BTreeMap<Reason, ByteArray>,
    held: Vec<Cell>,
    failed: bool,
}

impl Parquet {
    pub(super) fn new(export: &Export) -> Self {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = parse_message_type(SCHEMA)
            .and_then(|schema| SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)));
        let names = export.columns.iter().map(|Column { info, load, .. }| Names {
            series: info.id.0.into(),
            exponent: info.spec.exponent.into(),
            texts: [load.as_str(), info.spec.quantity.code(), info.spec.kind.code(), unit_text(info)].map(ByteArray::from),
        });
        let reasons = reasons().into_iter().map(|(reason, name)| (reason, ByteArray::from(name.as_str()))).collect();
        Self { failed: writer.is_err(), writer: writer.ok(), names: names.collect(), reasons, held: Vec::new() }
    }

    fn group(&mut self) -> Result<(), ParquetError> {
        let held = std::mem::take(&mut self.held);
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let rows: Vec<_> =
            held.iter().filter_map(|(place, sample)| self.names.get(*place).map(|names| (names, sample))).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let integers = |of: &dyn Fn(&Names, &haubert_historian::Sample) -> i64| {
            rows.iter().map(|(names, sample)| of(names, sample)).collect::<Vec<_>>()
        };
        let present: Vec<i16> = rows.iter().map(|(_, sample)| i16::from(!sample.missing)).collect();
        let usable = || rows.iter().filter(|(_, sample)| !sample.missing);
        let mut group = writer.next_row_group()?;
        let mut at = 0;
        while let Some(mut column) = group.next_column()? {
            match (at, column.untyped()) {
                (0, ColumnWriter::Int64ColumnWriter(out)) => {
                    out.write_batch(&integers(&|_, sample| sample.at.as_millis()), None, None)?
                }
                (1, ColumnWriter::Int64ColumnWriter(out)) => out.write_batch(&integers(&|names, _| names.series), None, None)?,
                (2..=5, ColumnWriter::ByteArrayColumnWriter(out)) => {
                    let texts: Vec<ByteArray> = rows.iter().filter_map(|(names, _)| names.texts.get(at - 2).cloned()).collect();
                    out.write_batch(&texts, None, None)?
                }
                (6, ColumnWriter::DoubleColumnWriter(out)) => {
                    let value =
                        |(names, sample): &(&Names, &haubert_historian::Sample)| sample.raw as f64 * 10f64.powi(names.exponent);
                    out.write_batch(&usable().map(value).collect::<Vec<_>>(), Some(&present), None)?
                }
                (7, ColumnWriter::Int64ColumnWriter(out)) => {
                    out.write_batch(&usable().map(|(_, sample)| sample.raw).collect::<Vec<_>>(), Some(&present), None)?
                }
                (8, ColumnWriter::Int32ColumnWriter(out)) => {
                    out.write_batch(&rows.iter().map(|(names, _)| names.exponent).collect::<Vec<_>>(), None, None)?
                }
                (9, ColumnWriter::ByteArrayColumnWriter(out)) => {
                    let texts: Vec<ByteArray> = rows.iter().map(|(_, sample)| quality_name(sample.quality()).into()).collect();
                    out.write_batch(&texts, None, None)?
                }
                (_, ColumnWriter::ByteArrayColumnWriter(out)) => {
                    let texts: Vec<ByteArray> =
                        rows.iter().map(|(_, sample)| self.reasons.get(&sample.reason).cloned().unwrap_or_default()).collect();
                    out.write_batch(&texts, None, None)?
                }
                _ => return Err(ParquetError::General("a column is not what the schema says".to_owned())),
            };
            column.close()?;
            at += 1;
        }
        group.close().map(drop)
    }
}

impl Rows for Parquet {
    fn row(&mut self, cells: &[Cell]) {
        self.held.extend_from_slice(cells);
        if self.held.len() >= GROUP {
            self.failed |= self.group().is_err();
        }
    }

    fn ready(&self) -> usize {
        self.writer.as_ref().map_or(0, |writer| writer.inner().len())
    }

    fn take(&mut self) -> Vec<u8> {
        // Places in the file are counted as they are written, so that what is written can go.
        self.writer.as_mut().map(|writer| std::mem::take(writer.inner_mut())).unwrap_or_default()
    }

    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.failed |= self.group().is_err();
        let rest = self.writer.take().map(SerializedFileWriter::into_inner);
        match rest {
            Some(Ok(rest)) if !self.failed => rest,
            // Without its end no reader takes it for a whole one.
            _ => Vec::new(),
        }
    }
}
