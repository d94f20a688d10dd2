//! The same scenarios, and a whole hub, on a real PostgreSQL server of this test's own.

use crate::{audit, inventory, register, report, standing, store, support};
use haubert_hub::store::Store;
use haubert_link::Link;
use haubert_model::Secret;
use haubert_testkit::Cluster;

#[tokio::test]
async fn every_store_scenario_holds() {
    let cluster = Cluster::start().unwrap();
    macro_rules! each {
        ($($scenario:ident),+) => {$(
            let opened = Store::open_postgres(&cluster.database(stringify!($scenario)).unwrap()).await.unwrap();
            store::$scenario(opened.clone()).await;
            opened.close().await;
        )+};
    }
    each!(accounts_and_sessions, wrong_tries, directory, enrolment_and_revocation, upload_and_history);
}

#[tokio::test]
async fn where_organisations_stand_is_the_same_on_it() {
    let cluster = Cluster::start().unwrap();
    macro_rules! each {
        ($($file:ident: $($scene:ident),+);+ $(;)?) => {$($(
            let url = cluster.database(stringify!($scene)).unwrap();
            let mut hub = support::TestHub::start_with(|config| config.database_url = Secret::new(url)).await;
            $file::$scene(&hub).await;
            hub.stop().await;
        )+)+};
    }
    each!(
        standing: from_nothing_to_a_score,
            two_people_lose_nobodys_words,
            a_scenario_and_a_data_path_show_which_rings_hold,
            a_gateway_that_shows_otherwise_contradicts_what_is_declared,
            a_label_is_given_when_it_is_reached_and_anybody_can_check_it,
            a_plan_keeps_its_order_and_nobodys_words_are_lost;
        register: a_framework_from_elsewhere_is_asked_and_scored,
            a_library_that_says_no_licence_needs_a_reason,
            a_register_says_what_is_left_and_who_bears_it,
            a_study_ends_in_the_register,
            days_are_kept_and_four_companies_are_not_compared,
            the_community_is_read_by_pages_and_a_member_reads_its_own;
        report: a_report_says_what_is_known_in_the_readers_language;
        inventory: assets_are_described_and_nobodys_words_are_lost,
            gateways_and_their_devices_enter_by_themselves,
            a_table_is_looked_at_before_it_counts,
            what_is_taken_along_comes_back_as_it_was,
            zones_and_conduits_hold_together,
            advisories_bear_on_what_is_there;
    );
}

#[tokio::test]
async fn the_work_of_audits_is_the_same_on_it() {
    let cluster = Cluster::start().unwrap();
    macro_rules! each {
        ($($scene:ident),+ $(,)?) => {$(
            let url = cluster.database(stringify!($scene)).unwrap();
            let mut hub = support::TestHub::start_with(|config| {
                config.database_url = Secret::new(url);
                config.evidence_mib = 1;
            })
            .await;
            audit::$scene(&hub).await;
            hub.stop().await;
        )+};
    }
    each!(
        evidence_is_kept_in_all_its_versions_and_only_ever_saved,
        evidence_expires_on_the_day_after_its_last,
        what_may_do_harm_or_is_too_much_is_not_taken,
        an_organisation_has_so_much_room_and_the_same_file_counts_once,
        a_finding_goes_from_the_auditor_to_the_organisation_and_back,
        an_open_major_stands_in_the_way_of_the_label_until_the_auditor_has_seen_it_corrected,
        a_file_evidences_what_is_declared_and_an_audit_counts_once_it_is_signed,
        everything_about_a_measure_is_on_one_sheet,
        a_closed_audit_stays_as_it_is_and_whatever_is_changed_behind_its_back_is_told,
        a_closed_self_assessment_is_not_answered_any_more,
        another_framework_is_seen_through_the_weakest_measure,
        a_campaign_invites_shows_how_far_everybody_is_and_reminds,
    );
}

#[tokio::test]
async fn a_whole_hub_runs_on_it_by_one_setting_and_restarts() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.database("hub").unwrap();
    let mut hub = support::TestHub::start_with(|config| config.database_url = Secret::new(url)).await;
    let ana = hub.coordinator().await;
    let (id, enrolment) = hub.waiting_gateway(&ana).await;
    let link = Link::new(&hub.enrol(&enrolment).await.unwrap()).unwrap();
    link.hello(&support::hello(2)).await.unwrap();
    link.series(vec![support::declaration()]).await.unwrap();
    link.chunks(vec![support::chunk(1), support::chunk(2)]).await.unwrap();
    link.live(&support::live()).await.unwrap();
    hub.stop().await;
    hub.restart().await;
    assert!(hub.started().setup_code.is_none(), "the account is there");
    assert_eq!(link.hello(&support::hello(2)).await.unwrap().acknowledged, 2);
    assert_eq!(ana.get(&format!("/gateways/{id}")).await["power_w"], 1500.0, "the session is there too");
    assert!(!hub.config.data_dir.join("hub.sqlite3").exists());
    hub.stop().await;
}
