//! Overview.
use leptos::prelude::*;
use leptos_meta::Title;
/// Overview.
#[component]
pub fn Overview() -> impl IntoView {
    let data = Resource::new_blocking(
        || (),
        |()| async { crate::server_fns::fleet().await.is_ok() },
    );
    view! { <Title text="Overview" /><h1>"Overview"</h1><Transition>{move || data.get()}</Transition> }
}
