//! Sources.
use leptos::prelude::*;
use leptos_meta::Title;
/// Sources.
#[component]
pub fn Sources() -> impl IntoView {
    let data = Resource::new_blocking(
        || (),
        |()| async { crate::server_fns::sources().await.is_ok() },
    );
    view! { <Title text="Sources" /><h1>"Sources"</h1><Transition>{move || data.get()}</Transition> }
}
