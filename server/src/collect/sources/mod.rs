//! One folder per API we read. A wire format never leaves its folder.

pub mod docker;
