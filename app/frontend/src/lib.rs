//! The entry point of the WebAssembly: takes over the page that the server rendered.

// The type of the interface is as deep as its markup.
#![recursion_limit = "256"]

/// Called by the page's script once the WebAssembly is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
