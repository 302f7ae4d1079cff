//! Light or dark.

use leptos::{prelude::*, server_fn::codec::PostUrl};

use super::{AppError, json::Json};
use crate::state::Theme;

/// Remembers the theme in a cookie, so that the next page comes in it. A plain form can call this too: it is sent back to its page.
#[server(prefix = "/_fn", endpoint = "theme", input = PostUrl, output = Json)]
pub async fn set_theme(theme: Theme) -> Result<(), AppError> {
    use axum::http::header::SET_COOKIE;
    expect_context::<leptos_axum::ResponseOptions>().append_header(SET_COOKIE, theme.to_cookie());
    Ok(())
}
