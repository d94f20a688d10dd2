//! What can be seen of a running gateway: one function per check, each looking at the part that knows, none keeping anything.

mod keeping;
mod network;
mod people;
mod program;

use super::assess::Finding;
use crate::app::App;
use crate::store::StoreError;

/// Makes every check.
///
/// # Errors
/// When the configuration store fails: then nothing can be said.
pub async fn all(app: &App) -> Result<Vec<Finding>, StoreError> {
    let mut findings = people::check(app).await?;
    findings.extend(network::check(app));
    findings.extend(keeping::check(app).await?);
    findings.extend(program::check(app));
    Ok(findings)
}
