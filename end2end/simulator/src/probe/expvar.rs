//! Go's `/debug/vars`, with the goroutine count that programs publish beside the standard variables.

use serde_json::json;

/// The variables of a program with this many goroutines and bytes of heap.
pub(super) fn vars(name: &str, goroutines: u64, heap: u64) -> String {
    json!({
        "cmdline": [format!("/bin/{name}")],
        "goroutines": goroutines,
        "memstats": {"Alloc": heap, "HeapAlloc": heap, "HeapInuse": heap + heap / 20, "HeapSys": heap + heap / 8, "NumGC": heap >> 20},
    })
    .to_string()
}
