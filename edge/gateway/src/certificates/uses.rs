//! What certificates are used for. Each outlet that comes later adds its line here and has identities, trust and alarms.

use haubert_trust::Purpose;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! uses {
    ($(#[$doc:meta])* $name:ident { $($(#[$line:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$line])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it is written.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Reads what [`Self::code`] writes.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}

uses!(
    /// Where the gateway shows who it is.
    IdentityUse {
        /// The HTTPS server: WEBVIEW and API.
        Https = "https",
        /// The secured Modbus server; without one it shows that of the HTTPS server.
        Modbus = "modbus",
        /// The sender of the audit trail by syslog, where the server asks for a certificate.
        Syslog = "syslog",
        /// The MQTT client, where the broker asks for a certificate.
        Mqtt = "mqtt",
        /// The HTTPS push, where the server asks for a certificate.
        Push = "push",
        /// The LoRaWAN input, where the network server's broker asks for a certificate.
        Lorawan = "lorawan",
    }
);

uses!(
    /// Where the gateway must know who the other is.
    TrustUse {
        /// The link to the hub.
        Hub = "hub",
        /// Masters of the secured Modbus server.
        Modbus = "modbus",
        /// The server that receives the audit trail by syslog.
        Syslog = "syslog",
        /// The MQTT broker.
        Mqtt = "mqtt",
        /// The broker of the LoRaWAN network server.
        Lorawan = "lorawan",
        /// The mail server.
        Mail = "mail",
        /// The server that gets files, by FTPS or HTTPS.
        Files = "files",
        /// The server that gets measurements by HTTPS push.
        Push = "push",
    }
);

impl IdentityUse {
    /// Which side of TLS it is shown on.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Https | Self::Modbus => Purpose::Server,
            Self::Syslog | Self::Mqtt | Self::Push | Self::Lorawan => Purpose::Client,
        }
    }
}
