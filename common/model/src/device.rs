//! Who a device says it is.

use crate::{Choice, Layout};
use serde::{Deserialize, Serialize};

/// What identification (Socomec block, Modbus 43/14, SunSpec common model) tells of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeviceIdentity {
    /// Maker.
    #[schema(required)]
    pub vendor: Option<String>,
    /// Product name or code.
    #[schema(required)]
    pub product: Option<String>,
    /// Firmware or revision.
    #[schema(required)]
    pub version: Option<String>,
    /// Serial number.
    #[schema(required)]
    pub serial: Option<String>,
    /// Version of the register table (Socomec: register 50006, 101 = 1.01).
    #[schema(required)]
    pub table_version: Option<u16>,
    /// Answers to what the device's documents leave open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

impl DeviceIdentity {
    /// The layout that the choices make.
    pub fn layout(&self) -> Layout {
        Layout(self.choices.iter().map(|choice| (choice.question.clone(), choice.option.clone())).collect())
    }
}
