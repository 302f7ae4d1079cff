//! The description of the API, made from the handlers and the types they answer with.

use axum::Json;
use utoipa::OpenApi;

use super::v1;

/// `GET /api/openapi.json`
pub(super) async fn get() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}

/// The whole description.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Inquest",
        description = "Why containers restart: the restart ledger with its verdicts, and the series beside it.\n\n\
            Times are RFC 3339 in UTC, ids are opaque strings, numbers that are not known are `null`. \
            Lists come as `{\"data\": […], \"meta\": {\"next\": cursor}}`; give `meta.next` back as `cursor` for the next page. \
            Errors are `application/problem+json` (RFC 9457) with a stable `code`.",
    ),
    paths(
        v1::workloads::list,
        v1::workloads::get,
        v1::series::get,
        v1::analysis::get,
        v1::analysis::runs,
        v1::analysis::deploys,
        v1::export::get,
        v1::restarts::list,
        v1::restarts::get,
        v1::restarts::log,
        v1::restarts::scenario,
        v1::restarts::correct,
        v1::logs::list,
        v1::panics::list,
        v1::incidents::list,
        v1::incidents::get,
        v1::incidents::acknowledge,
        v1::incidents::resolve,
        v1::incidents::reopen,
        v1::incidents::note,
        v1::incidents::owner,
        v1::timeline::list,
        v1::sources::list,
        v1::storage::get,
        v1::alerts::list,
        v1::alerts::acknowledge,
        v1::alerts::rules,
        v1::alerts::rule,
        v1::alerts::add_rule,
        v1::alerts::change_rule,
        v1::alerts::remove_rule,
        v1::alerts::preview,
        v1::alerts::silences,
        v1::alerts::add_silence,
        v1::alerts::end_silence,
        v1::alerts::kinds,
        v1::alerts::channels,
        v1::alerts::add_channel,
        v1::alerts::change_channel,
        v1::alerts::remove_channel,
        v1::alerts::test_channel,
        v1::alerts::dead_letters,
        v1::alerts::send_again,
        v1::events::stream,
    ),
    tags(
        (name = "workloads", description = "What keeps its identity over restarts and recreation"),
        (name = "analysis", description = "What is made of runs: growth, forecast, correlation, proof"),
        (name = "restarts", description = "The ledger, and every other dated fact"),
        (name = "incidents", description = "Consecutive restarts for the same reason"),
        (name = "sources", description = "What is polled"),
        (name = "storage", description = "What is stored, and how large it is"),
        (name = "alerts", description = "Rules, what they found, silences, and the channels through which people are told"),
        (name = "events", description = "What changes, as it changes"),
    )
)]
struct Document;
