//! Who a device says it is.

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
}
