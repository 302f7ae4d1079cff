//! Addresses of the server in what it renders: paths on its pages, with its name in a file that is taken away.

use std::fmt::Write as _;

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
    let mut address = path.to_owned();
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    for (index, (name, value)) in given.enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        let _infallible = write!(address, "{name}=");
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                address.push(char::from(byte));
            } else {
                let _infallible = write!(address, "%{byte:02X}");
            }
        }
    }
    address
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
    }
}
