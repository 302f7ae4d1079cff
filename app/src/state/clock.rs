//! The time, for what is drawn relative to now.

/// Now, in milliseconds since the epoch: the server's clock while it renders, the visitor's in the browser. The two differ, so what
/// is rendered on both sides takes its time from the data instead, or from a value that the server hands over.
pub fn now_ms() -> i64 {
    #[cfg(target_arch = "wasm32")]
    {
        js_sys::Date::now() as i64
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64)
    }
}
