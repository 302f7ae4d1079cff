//! Tells cargo that the server embeds the migrations: a new file is noticed only when the directory is watched.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
