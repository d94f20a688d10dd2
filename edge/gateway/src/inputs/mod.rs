//! Where measurements come in by other ways than a bus. As with outlets, each input is off until switched on, and the policy has the
//! last word; what comes is values, and never a change of the configuration.

pub mod lorawan;
