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

/// A path with parameters, those that are empty left out.
pub fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish()
        // The router reads a plus as one.
        .replace('+', "%20");
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn parameters_are_escaped() {
        assert_eq!(
            with_query("/a", &[("b", "c & d=é"), ("e", "")]),
            "/a?b=c%20%26%20d%3D%C3%A9"
        );
        assert_eq!(with_query("/a", &[("b", "")]), "/a");
    }
}
