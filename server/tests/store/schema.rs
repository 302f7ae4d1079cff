//! Migrations at start.

use server::store::{Store, StoreError};

use crate::database::{Fixture, empty_database};

#[tokio::test(flavor = "multi_thread")]
async fn several_servers_may_start_at_once() {
    let url = empty_database().await;
    let starts = tokio::join!(Store::open(&url), Store::open(&url), Store::open(&url));
    for store in [starts.0, starts.1, starts.2] {
        store.unwrap().ping().await.unwrap();
    }
    Store::open(&url).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn every_table_and_view_says_what_it_is() {
    let fixture = Fixture::new().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
           AND relname <> '_sqlx_migrations' AND obj_description(oid) IS NULL",
    )
    .fetch_all(&fixture.sql().await)
    .await
    .unwrap();
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test]
async fn an_unreachable_database_is_told_from_a_mistake() {
    let nowhere = Store::open("postgres://inquest@127.0.0.1:1/inquest")
        .await
        .unwrap_err();
    assert!(nowhere.is_unavailable(), "{nowhere:?}");
    let nonsense = Store::open("no address").await.unwrap_err();
    assert!(
        matches!(nonsense, StoreError::Refused { .. }),
        "{nonsense:?}"
    );
}
