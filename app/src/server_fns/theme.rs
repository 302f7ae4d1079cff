//! Light or dark.

use leptos::{prelude::*, server_fn::codec::PostUrl};

use super::AppError;
use crate::{state::Theme, wire::ByWire};

/// Remembers the theme in a cookie, so that the next page comes in it. The form of a page without a script calls this, and is sent
/// back to that page; a script sets the cookie itself.
#[server(prefix = "/_fn", endpoint = "theme", input = PostUrl, output = ByWire)]
pub async fn set_theme(theme: Theme) -> Result<(), AppError> {
    use axum::http::{HeaderValue, header::SET_COOKIE};
    let cookie = HeaderValue::from_static(theme.to_cookie());
    expect_context::<leptos_axum::ResponseOptions>().append_header(SET_COOKIE, cookie);
    Ok(())
}
