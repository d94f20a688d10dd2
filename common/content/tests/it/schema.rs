//! The committed schema is the one of the code. `make docs` rewrites it.

use std::path::Path;

#[test]
fn the_committed_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/device-profiles/schema.json");
    let fresh = haubert_content::profile_schema();
    if std::env::var_os("HAUBERT_REWRITE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "{} is stale: run `make docs`", path.display());
    assert!(fresh.contains("\"additionalProperties\": false"), "unknown keys are refused by the schema too");
}
