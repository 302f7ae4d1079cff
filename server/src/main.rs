//! The `inquest` program.

fn main() {}
