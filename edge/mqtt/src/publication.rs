//! One message to publish.

/// How surely a message arrives at the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qos {
    /// It is sent, and nobody answers.
    AtMostOnce,
    /// It is acknowledged; after a lost connection it may come twice.
    AtLeastOnce,
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Where.
    pub topic: String,
    /// What. Empty and retained: the broker forgets what it kept there.
    pub payload: Vec<u8>,
    /// How surely.
    pub qos: Qos,
    /// Whether the broker keeps it for who subscribes later.
    pub retain: bool,
}

impl Publication {
    /// A message that is acknowledged.
    pub const fn sure(topic: String, payload: Vec<u8>) -> Self {
        Self { topic, payload, qos: Qos::AtLeastOnce, retain: false }
    }

    /// A message that the next one replaces.
    pub const fn passing(topic: String, payload: Vec<u8>) -> Self {
        Self { topic, payload, qos: Qos::AtMostOnce, retain: false }
    }

    /// The same, kept by the broker.
    #[must_use]
    pub const fn retained(mut self) -> Self {
        self.retain = true;
        self
    }
}
