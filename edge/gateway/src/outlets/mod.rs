//! Where data goes out to whatever the site already has. Each outlet is off until switched on, and the policy has the last word.

pub mod account;
pub mod bacnet;
pub mod broker;
mod documents;
pub mod fields;
pub mod files;
pub mod mail;
pub mod modbus;
pub mod mqtt;
pub mod outbox;
pub mod push;
mod rounds;
pub mod snmp;
pub mod standing;
pub mod switch;
pub mod trial;
