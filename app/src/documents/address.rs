//! Addresses of the server in what it renders: paths on its pages, with its name in a file that is taken away.

use leptos::prelude::use_context;

/// Where the server is that a file came from, for the links in it: `https://inquest.example.com`, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

/// An address of the server: as a path on its pages, with its name in a file.
pub fn address(path: String) -> String {
    match use_context::<Origin>() {
        Some(Origin(origin)) => format!("{origin}{path}"),
        None => path,
    }
}
