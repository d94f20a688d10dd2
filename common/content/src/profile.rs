//! A device profile once checked: everything that can be said about it is true of the address space.

use crate::alternative::Alternative;
use crate::identity::{Identification, Identify};
use crate::point::{ChannelSpec, Point, ResolvedPoint};
use crate::raw::RawProfile;
use crate::{LogBlock, MAX_PROFILE_BYTES, NameBlock, ProfileError, check, locate};
use haubert_modbus::Table;
use haubert_model::{Fluid, Layout, Quantity, Usage};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Name of a profile: its path under the folder of profiles without `.toml`, such as `socomec/countis-e3x`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileId(String);

impl ProfileId {
    /// A name as given; one that no catalogue holds simply is not found.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that belongs to a file: lower-case letters, digits and dashes in at most three folders. Of a file given from
    /// elsewhere (`/etc/x/vendor/model.toml`, `./model.toml`) only vendor and model count.
    pub(crate) fn of_file(file_name: &str) -> Option<Self> {
        let name = file_name.strip_suffix(".toml")?;
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let parts: Vec<&str> = name.split('/').collect();
        let parts: &[&str] = match parts.as_slice() {
            all if !name.starts_with(['/', '.']) => all,
            [.., vendor, model] if plain(vendor) => &[vendor, model],
            [.., model] => &[model],
            [] => &[],
        };
        let name = parts.join("/");
        (name.len() <= 100 && parts.len() <= 3 && parts.iter().all(plain)).then_some(Self(name))
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileId {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

/// What one request may ask of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLimits {
    /// Most registers in one read, 1 to 125.
    pub max_registers: u16,
    /// Ranges, first and last register, that no request may touch; in order, not overlapping.
    pub holes: Vec<(u16, u16)>,
    /// Register table of points that name none.
    pub function: Table,
}

/// What addresses count from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressing {
    /// From register 0 of the device.
    Absolute,
    /// From the first register (the id) of a SunSpec model found in the device's chain.
    SunSpec {
        /// Model ids that have this layout.
        models: Vec<u16>,
        /// Registers that follow id and length.
        length: u16,
    },
}

/// Where one model of device keeps its quantities.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name of the profile.
    pub id: ProfileId,
    /// Maker.
    pub vendor: String,
    /// Model or models.
    pub model: String,
    /// Name of the map that several models share; may be empty.
    pub family: String,
    /// Where the addresses come from.
    pub source: String,
    /// Whether each address was checked against the maker's own document or a real device.
    pub verified: bool,
    /// What the device measures.
    pub fluids: Vec<Fluid>,
    /// Usage proposed when a device is added.
    pub usage_hint: Option<Usage>,
    /// How the model is recognised.
    pub identify: Identify,
    /// What one request may ask.
    pub limits: ReadLimits,
    /// Loads of the device, at least 1.
    pub channels: u8,
    /// Registers from one load to the next.
    pub channel_stride: u16,
    /// Register (of load 1) that holds 1 when the load is in use, where the device has one.
    pub channel_in_use: Option<u16>,
    /// What addresses count from.
    pub addressing: Addressing,
    /// The quantities.
    pub points: Vec<Point>,
    /// Where the names of the loads are.
    pub names: Option<NameBlock>,
    /// The load-curve log that the device keeps of itself.
    pub log: Option<LogBlock>,
    /// Questions that documents leave open.
    pub alternatives: Vec<Alternative>,
    /// What a simulated device of this model says of itself.
    pub identification: Identification,
}

impl Profile {
    /// The points of a device with this table version (unknown: every point) and number of loads (at most the profile's; 0
    /// means all of them), by channel and quantity, in the usual layout.
    pub fn points_for(&self, table_version: Option<u16>, channels: u8) -> Vec<ResolvedPoint> {
        self.points_as(table_version, channels, &Layout::default())
    }

    /// The same in the layout that the device was found to have.
    pub fn points_as(&self, table_version: Option<u16>, channels: u8, layout: &Layout) -> Vec<ResolvedPoint> {
        let count = if channels == 0 { self.channels } else { channels.min(self.channels) };
        let exists = |point: &&Point| match (point.tables, table_version) {
            (Some((first, last)), Some(version)) => (first..=last).contains(&version),
            _ => true,
        };
        let mut resolved: Vec<ResolvedPoint> = self
            .points
            .iter()
            .filter(exists)
            .filter_map(|point| Some((point, self.shift(point.quantity, layout)?)))
            .flat_map(|(point, shift)| {
                let range = match point.channel {
                    ChannelSpec::One(channel) => channel..=channel,
                    ChannelSpec::Each => 1..=count,
                };
                range
                    .filter(|channel| *channel <= count)
                    .filter_map(move |channel| point.resolved(channel, self.channel_stride)?.shifted(shift))
            })
            .collect();
        resolved.sort_by_key(|point| (point.channel, point.quantity));
        // Where the version is unknown, variants of one point exist side by side; the first stated is the usual one.
        resolved.dedup_by_key(|point| (point.channel, point.quantity));
        resolved
    }

    /// How far a quantity lies from its stated address in a layout; `None` when the layout does not have it.
    fn shift(&self, quantity: Quantity, layout: &Layout) -> Option<i16> {
        let mut shift = 0;
        for question in &self.alternatives {
            let Some(taken) = question.option(layout.option(&question.name)) else { continue };
            let elsewhere = question.options.iter().any(|option| option.name != taken.name && option.only.contains(&quantity));
            if elsewhere && !taken.only.contains(&quantity) {
                return None;
            }
            if question.quantities.contains(&quantity) {
                shift = taken.shift;
            }
        }
        Some(shift)
    }

    /// Whether any point has this quantity.
    pub fn measures(&self, quantity: Quantity) -> bool {
        self.points.iter().any(|point| point.quantity == quantity)
    }
}

/// Reads a profile. `file_name` is relative to the folder of profiles (`socomec/countis-e3x.toml`) and names the profile.
///
/// # Errors
/// [`ProfileError`] with file, line and field: not TOML, an unknown key, a wrong type, or something that cannot be true.
pub fn parse(file_name: &str, text: &str) -> Result<Profile, ProfileError> {
    let whole = |message: String| ProfileError { file: file_name.to_owned(), line: None, field: None, message };
    let id = ProfileId::of_file(file_name).ok_or_else(|| {
        whole("a profile is named by lower-case letters, digits and dashes, as in vendor/model.toml".to_owned())
    })?;
    if text.len() > MAX_PROFILE_BYTES {
        return Err(whole(format!("{} bytes; a profile has at most {MAX_PROFILE_BYTES}", text.len())));
    }
    let raw: RawProfile = toml::from_str(text).map_err(|error| locate::from_toml(file_name, text, &error))?;
    check::profile(id, raw).map_err(|fault| ProfileError {
        file: file_name.to_owned(),
        line: fault.span.map(|span| locate::line_of(text, span.start)),
        field: Some(fault.field.to_owned()),
        message: fault.message,
    })
}
