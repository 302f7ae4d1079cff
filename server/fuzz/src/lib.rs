//! The readers of stored samples by themselves: they build in seconds, and the server need not show its inside to be fuzzed.
#![allow(dead_code, reason = "the server uses the rest")]

pub use store::series::{column, head, rollup};

#[path = "../../src/store"]
mod store {
    pub mod series {
        mod aggregate;
        mod beside;
        mod codec;
        mod frame;
        mod hostile;
        mod numbers;
        mod point;
        mod trail;
        mod varint;

        pub use codec::CodecError;

        /// A column of a chunk.
        pub fn column(bytes: &[u8]) {
            hostile::column(bytes);
        }

        /// A payload of the head.
        pub fn head(bytes: &[u8]) {
            hostile::head(bytes);
        }

        /// A column of a rollup.
        pub fn rollup(bytes: &[u8]) {
            hostile::rollup(bytes);
        }
    }
}
