//! The simulated plant of a measurement: a scene and a profile made for it, and what was asked of its devices.

use haubert_testkit::Program;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// Name of the profile that all devices of a measurement have: floats in a row.
pub(crate) const PROFILE: &str = "bench/floats";

/// Quantities that a load can have, in the order of their registers: all that electricity meters show, counters last.
const QUANTITIES: [(&str, &str); 50] = [
    ("active_power_total", "W"),
    ("active_power_l1", "W"),
    ("active_power_l2", "W"),
    ("active_power_l3", "W"),
    ("reactive_power_total", "var"),
    ("reactive_power_l1", "var"),
    ("reactive_power_l2", "var"),
    ("reactive_power_l3", "var"),
    ("apparent_power_total", "VA"),
    ("apparent_power_l1", "VA"),
    ("apparent_power_l2", "VA"),
    ("apparent_power_l3", "VA"),
    ("power_factor_total", ""),
    ("power_factor_l1", ""),
    ("power_factor_l2", ""),
    ("power_factor_l3", ""),
    ("voltage_l1", "V"),
    ("voltage_l2", "V"),
    ("voltage_l3", "V"),
    ("voltage_l1_l2", "V"),
    ("voltage_l2_l3", "V"),
    ("voltage_l3_l1", "V"),
    ("current_l1", "A"),
    ("current_l2", "A"),
    ("current_l3", "A"),
    ("current_neutral", "A"),
    ("frequency", "Hz"),
    ("voltage_system", "V"),
    ("current_system", "A"),
    ("thd_voltage_l1", "%"),
    ("thd_voltage_l2", "%"),
    ("thd_voltage_l3", "%"),
    ("thd_current_l1", "%"),
    ("thd_current_l2", "%"),
    ("thd_current_l3", "%"),
    ("volume_flow", "m³/h"),
    ("temperature", "°C"),
    ("relative_humidity", "%"),
    ("active_energy_import", "Wh"),
    ("active_energy_export", "Wh"),
    ("reactive_energy_import", "varh"),
    ("reactive_energy_export", "varh"),
    ("apparent_energy", "VAh"),
    ("active_energy_import_t1", "Wh"),
    ("active_energy_import_t2", "Wh"),
    ("active_energy_import_t3", "Wh"),
    ("active_energy_import_t4", "Wh"),
    ("operating_time", "s"),
    ("volume", "m³"),
    ("pulse_count", ""),
];

/// Quantities among them that are momentary: they can be kept as trends.
pub(crate) const MOMENTARY: usize = 38;

/// How a plant is laid out: every device has the same floats in a row from register 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Buses.
    pub(crate) buses: usize,
    /// Devices of each.
    pub(crate) devices: usize,
    /// Loads of each device.
    pub(crate) loads: usize,
    /// Floats of each load, at most 50.
    pub(crate) floats: usize,
}

impl Layout {
    /// Floats of one device.
    pub(crate) const fn values_per_device(&self) -> usize {
        self.loads * self.floats
    }

    /// Floats of the whole plant.
    pub(crate) const fn values(&self) -> usize {
        self.buses * self.devices * self.values_per_device()
    }

    /// The device profile, as a user would write it.
    pub(crate) fn profile(&self) -> String {
        let mut text = format!(
            "vendor = \"Haubert\"\nmodel = \"Row of floats\"\nsource = \"The benchmark's own.\"\nverified = true\nfluids = [\"electricity\"]\n\
             channels = {{ count = {}, stride = {} }}\nchannel_points = [\n",
            self.loads,
            self.floats * 2
        );
        for (at, (quantity, unit)) in QUANTITIES.iter().take(self.floats).enumerate() {
            let address = at * 2;
            let _infallible =
                writeln!(text, "  {{ quantity = \"{quantity}\", address = {address}, type = \"f32\", unit = \"{unit}\" }},");
        }
        text.push_str("]\n");
        text
    }

    /// Quantities of each load, for `recording.more_trends`.
    pub(crate) fn momentary(&self) -> Vec<&'static str> {
        QUANTITIES.iter().take(self.floats.min(MOMENTARY)).map(|(quantity, _)| *quantity).collect()
    }

    /// The scene: meters whose loads draw what a building draws. Each bus gets one of `lines`, in turn.
    pub(crate) fn scene(&self, lines: &[&str], refresh_ms: u32) -> String {
        let mut text = format!("name = \"bench\"\nseed = 1\nrefresh_ms = {refresh_ms}\n");
        for (bus, line) in (1..=self.buses).zip(lines.iter().cycle()) {
            let _infallible = writeln!(text, "[[bus]]\nname = \"b{bus}\"\n{line}");
            for unit in 1..=self.devices {
                let _infallible =
                    writeln!(text, "[[bus.device]]\nunit = {unit}\nprofile = \"{PROFILE}\"\nname = \"b{bus}-{unit}\"");
                for load in 1..=self.loads {
                    let _infallible = writeln!(text, "[[bus.device.load]]\nname = \"{load}\"\nusage = \"offices\"");
                }
            }
        }
        text
    }
}

/// A running plant.
pub(crate) struct Plant {
    /// The program.
    pub(crate) program: Program,
    control: PathBuf,
}

/// What was asked of the plant since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Requests.
    pub(crate) requests: u64,
    /// Registers sent.
    pub(crate) registers: u64,
    /// Requests refused.
    pub(crate) exceptions: u64,
    /// Requests and registers of each device.
    pub(crate) by_device: Vec<(u64, u64)>,
}

impl Asked {
    fn from_stats(stats: &Value) -> Option<Self> {
        let mut sum = Self::default();
        for device in stats.as_array()? {
            let count = |key: &str| device[key].as_u64();
            sum.requests += count("requests")?;
            sum.registers += count("registers")?;
            sum.exceptions += count("exceptions")?;
            sum.by_device.push((count("requests")?, count("registers")?));
        }
        Some(sum)
    }

    /// What was asked since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            registers: self.registers - before.registers,
            exceptions: self.exceptions - before.exceptions,
            by_device: self.by_device.iter().zip(&before.by_device).map(|(now, then)| (now.0 - then.0, now.1 - then.1)).collect(),
        }
    }
}

impl Plant {
    /// Starts a plant of this layout on Modbus TCP in `dir`, where its profile is left in `profiles/` for the gateway.
    pub(crate) async fn start(dir: &Path, layout: &Layout, refresh_ms: u32) -> Result<Self, String> {
        Self::start_with(dir, layout, &["kind = \"tcp\""], refresh_ms).await
    }

    /// The same on other lines, which the buses get in turn.
    pub(crate) async fn start_with(dir: &Path, layout: &Layout, lines: &[&str], refresh_ms: u32) -> Result<Self, String> {
        let io = |error: std::io::Error| error.to_string();
        std::fs::create_dir_all(dir.join("profiles/bench")).map_err(io)?;
        std::fs::write(dir.join("profiles/bench/floats.toml"), layout.profile()).map_err(io)?;
        std::fs::write(dir.join("scene.toml"), layout.scene(lines, refresh_ms)).map_err(io)?;
        let path = |name: &str| dir.join(name).to_string_lossy().into_owned();
        let arguments = ["--scene", &path("scene.toml"), "--profiles", &path("profiles"), "--run-dir", &path("plant")];
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let program = Program::start("haubert-plant", "plant", dir, &arguments).await.map_err(|error| error.to_string())?;
        let control = PathBuf::from(program.ready_text("control"));
        Ok(Self { program, control })
    }

    /// Gives a command to its control channel.
    pub(crate) async fn tell(&self, command: &str) -> Result<Value, String> {
        tell(&self.control, command).await
    }

    /// Its control channel.
    pub(crate) fn control_path(&self) -> PathBuf {
        self.control.clone()
    }

    /// What has been asked of the devices of the plant with this control channel.
    pub(crate) async fn asked_at(control: &Path) -> Result<Asked, String> {
        let stats = tell(control, "stats").await?;
        Asked::from_stats(&stats).ok_or_else(|| format!("the plant's statistics read {stats}"))
    }

    /// What has been asked of its devices.
    pub(crate) async fn asked(&self) -> Result<Asked, String> {
        Self::asked_at(&self.control).await
    }

    /// Its buses, as its ready file describes them.
    pub(crate) fn buses(&self) -> &[Value] {
        self.program.ready["buses"].as_array().map_or(&[], Vec::as_slice)
    }

    /// TCP ports of its buses.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.buses().iter().filter_map(|bus| bus["port"].as_u64()?.try_into().ok()).collect()
    }
}

async fn tell(control: &Path, command: &str) -> Result<Value, String> {
    let failed = |error: std::io::Error| format!("the plant's control channel: {error}");
    let stream = UnixStream::connect(control).await.map_err(failed)?;
    let (reader, mut writer) = stream.into_split();
    writer.write_all(format!("{command}\n").as_bytes()).await.map_err(failed)?;
    let line = BufReader::new(reader).lines().next_line().await.map_err(failed)?.unwrap_or_default();
    let answer: Value = serde_json::from_str(&line).map_err(|error| format!("the plant answered {line:?}: {error}"))?;
    if answer["ok"] == true { Ok(answer["result"].clone()) } else { Err(format!("{command}: {}", answer["error"])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statistics_are_summed_and_subtracted() {
        let stats = |requests: u64| json!([{"requests": requests, "registers": 10, "exceptions": 0}, {"requests": 1, "registers": 5, "exceptions": 2}]);
        let (before, now) = (Asked::from_stats(&stats(2)).unwrap(), Asked::from_stats(&stats(7)).unwrap());
        assert_eq!((now.requests, now.registers, now.exceptions), (8, 15, 2));
        assert_eq!(now.since(&before), Asked { requests: 5, registers: 0, exceptions: 0, by_device: vec![(5, 0), (0, 0)] });
        assert_eq!(Asked::from_stats(&json!({"x": 1})), None);
    }

    #[test]
    fn a_layout_counts_its_values() {
        let layout = Layout { buses: 4, devices: 1, loads: 50, floats: 50 };
        assert_eq!(layout.values(), 10_000);
        assert!(layout.profile().contains("quantity = \"pulse_count\", address = 98"));
        assert_eq!(layout.scene(&["kind = \"tcp\""], 100).matches("[[bus.device.load]]").count(), 200);
        assert_eq!(layout.momentary().len(), MOMENTARY);
    }
}
