//! What is fed: series that share their times, in raw integers.

use haubert_content::ProfileId;
use haubert_historian::SeriesSpec;
use haubert_model::{LoadId, Quantity, RecordKind};
use haubert_plant::{Plant, PlantOptions, Scene};
use std::collections::HashMap;

/// Series and their values.
pub(super) struct Feed {
    pub(super) name: &'static str,
    pub(super) series: Vec<Column>,
    start_ms: i64,
}

/// A series.
pub(super) struct Column {
    pub(super) spec: SeriesSpec,
    pub(super) raws: Vec<i64>,
}

/// All series are read each minute.
const PERIOD_MS: i64 = 60_000;
/// A day of the plant.
const PLANT_ROWS: usize = 1_440;
/// Loads that the household stands for.
const LOADS: u128 = 10;

impl Feed {
    /// How many values each series has.
    pub(super) fn rows(&self) -> usize {
        self.series.first().map_or(0, |series| series.raws.len())
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.rows() * self.series.len()
    }

    /// The time of a row, milliseconds.
    pub(super) fn at(&self, row: usize) -> i64 {
        self.start_ms + row as i64 * PERIOD_MS
    }
}

fn spec(load: u128, quantity: Quantity, exponent: i8) -> SeriesSpec {
    let load: LoadId = LoadId(uuid::Uuid::from_u128(load));
    SeriesSpec { kind: RecordKind::Trend, quantity, exponent, period_ms: Some(PERIOD_MS), load, rollover: None }
}

/// Ten loads with the household's seven channels and an energy index.
pub(super) fn household() -> Result<Feed, String> {
    use Quantity as Q;
    const TEXT: &str = include_str!("../../data/household-1min.csv");
    // Quantity, and its exponent: as fine as the meter's steps.
    const CHANNELS: [(Quantity, i8, f64); 7] = [
        (Q::ActivePowerTotal, 0, 1_000.0),
        (Q::ReactivePowerTotal, 0, 1_000.0),
        (Q::VoltageL1, -2, 100.0),
        (Q::CurrentL1, -1, 10.0),
        (Q::ActivePowerL1, 0, 1.0),
        (Q::ActivePowerL2, 0, 1.0),
        (Q::ActivePowerL3, 0, 1.0),
    ];
    let mut channels: Vec<(Quantity, i8, Vec<i64>)> =
        CHANNELS.iter().map(|(quantity, exponent, _)| (*quantity, *exponent, Vec::new())).collect();
    let (mut energy, mut index) = (0.0, Vec::new());
    for line in TEXT.lines().skip(1) {
        let fields: Vec<f64> = line.split(';').skip(2).map(|field| field.parse().unwrap_or_default()).collect();
        for ((field, (_, _, per_unit)), (_, _, raws)) in fields.iter().zip(CHANNELS).zip(&mut channels) {
            raws.push((field * per_unit).round() as i64);
        }
        energy += fields.first().copied().unwrap_or_default() * 1_000.0 / 60.0;
        index.push(energy.round() as i64);
    }
    channels.push((Q::ActiveEnergyImport, 0, index));
    let series = (1..=LOADS)
        .flat_map(|load| channels.iter().map(move |channel| (load, channel)))
        .map(|(load, (quantity, exponent, raws))| Column { spec: spec(load, *quantity, *exponent), raws: raws.clone() })
        .collect();
    // 16 December 2006, 17:24 in France.
    Ok(Feed { name: "household", series, start_ms: 1_166_286_240_000 })
}

/// A day of the port terminal, as its registers show it.
pub(super) async fn plant() -> Result<Feed, String> {
    let scene = Scene::named("port-terminal").map_err(|error| error.to_string())?;
    let catalogue = haubert_content::embedded().map_err(|error| error.to_string())?;
    let plant = Plant::start(scene, PlantOptions::default()).await.map_err(|error| error.to_string())?;
    let devices: Vec<(String, String)> = plant
        .ready()
        .buses
        .iter()
        .flat_map(|bus| bus.devices.iter().map(|device| (device.name.clone(), device.profile.clone())))
        .collect();
    let start_ms = plant.now().0;
    let mut series: Vec<Column> = Vec::new();
    let mut known: HashMap<(usize, u8, Quantity), Option<(usize, f64)>> = HashMap::new();
    for row in 0..PLANT_ROWS {
        for (number, (device, profile)) in devices.iter().enumerate() {
            for value in plant.values(device).map_err(|error| error.to_string())? {
                let key = (number, value.channel, value.quantity);
                let place = *known.entry(key).or_insert_with(|| {
                    let points = catalogue.get(&ProfileId::new(profile.as_str()))?.points_for(None, 0);
                    let point = points.iter().find(|point| point.channel == value.channel && point.quantity == value.quantity)?;
                    let exponent = point.scale.exponent + point.served_exponent;
                    let load = (number as u128 + 1) * 100 + u128::from(value.channel);
                    series.push(Column { spec: spec(load, value.quantity, exponent), raws: Vec::new() });
                    Some((series.len() - 1, 10f64.powi(i32::from(exponent))))
                });
                let Some((at, step)) = place else { continue };
                series[at].raws.resize(row, 0);
                series[at].raws.push((value.value / step).round() as i64);
            }
        }
        plant.advance(PERIOD_MS);
    }
    plant.shutdown().await;
    series.retain(|series| series.raws.len() == PLANT_ROWS);
    Ok(Feed { name: "plant", series, start_ms: start_ms - start_ms % PERIOD_MS })
}
