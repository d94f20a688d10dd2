//! The CVEs that an advisory speaks of, beside it: a list shows them without reading whole advisories.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text;
use serde::Deserialize;
use std::collections::HashSet;

pub(super) struct AdvisoryCves;

impl MigrationName for AdvisoryCves {
    fn name(&self) -> &str {
        "m0021_advisory_cves"
    }
}

/// As much of what is kept of an advisory as is needed here: what is read of it elsewhere may change after this.
#[derive(Debug, Default, Deserialize)]
struct Kept {
    vulnerabilities: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    cve: Option<String>,
}

/// Each once, in the advisory's order. Of what cannot be read nothing is said.
fn cves(document: &str) -> String {
    let kept: Kept = serde_json::from_str(document).unwrap_or_default();
    let mut seen = HashSet::new();
    let all = kept.vulnerabilities.into_iter().filter_map(|one| one.cve);
    all.filter(|cve| seen.insert(cve.clone())).collect::<Vec<_>>().join(" ")
}

#[allow(elided_lifetimes_in_paths)] // async_trait needs the signature as the trait has it
#[async_trait::async_trait]
impl MigrationTrait for AdvisoryCves {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = text("cves").default("").to_owned();
        manager.alter_table(Table::alter().table("advisory").add_column(column).to_owned()).await?;
        let connection = manager.get_connection();
        // One after the other: whole advisories are large.
        for row in connection.query_all(&Query::select().column("id").from("advisory").to_owned()).await? {
            let id: String = row.try_get("", "id")?;
            let one = Query::select().column("document").from("advisory").and_where(Expr::col("id").eq(&id)).to_owned();
            let Some(found) = connection.query_one(&one).await? else { continue };
            let document: String = found.try_get("", "document")?;
            let kept =
                Query::update().table("advisory").value("cves", cves(&document)).and_where(Expr::col("id").eq(&id)).to_owned();
            connection.execute(&kept).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Migrator;
    use super::*;
    use sea_orm_migration::sea_orm::Database;

    #[tokio::test]
    async fn advisories_that_are_there_are_looked_through_once() {
        let connection = Database::connect("sqlite::memory:").await.unwrap();
        let before = Migrator::migrations().iter().position(|one| one.name() == AdvisoryCves.name()).unwrap();
        Migrator::up(&connection, Some(before.try_into().unwrap())).await.unwrap();
        let documents = [
            (
                r#"{"vulnerabilities":[{"cve":"CVE-2026-2"},{"cve":null},{"cve":"CVE-2026-1"},{"cve":"CVE-2026-2"}]}"#,
                "CVE-2026-2 CVE-2026-1",
            ),
            (r#"{"vulnerabilities":[]}"#, ""),
            ("no longer readable", ""),
        ];
        for (at, (document, _)) in documents.iter().enumerate() {
            let row = format!(
                "INSERT INTO advisory (id, tracking, tracking_id, version, title, publisher, tlp, released_at, vendors, document, added_at, added_by) \
                 VALUES ('{at}', 't{at}', 't', '1', 'x', 'x', '', 0, '', '{document}', 0, 'ana')"
            );
            connection.execute_unprepared(&row).await.unwrap();
        }
        Migrator::up(&connection, None).await.unwrap();
        let kept =
            connection.query_all(&Query::select().column("cves").from("advisory").order_by("id", Order::Asc).to_owned()).await;
        let kept: Vec<String> = kept.unwrap().iter().map(|row| row.try_get("", "cves").unwrap()).collect();
        assert_eq!(kept, documents.map(|(_, cves)| cves));
    }
}
