//! How data travel from the server to its own pages, with the page and after it: without names of fields, which both ends know.
//!
//! Reading JSON took a seventh of the WebAssembly: for every type a reader of objects, one of arrays and one of names. Here a type has
//! one reader. What names cannot catch any more, a page that is older than its server, the version in front does.

use bytes::Bytes;
use leptos::{
    server::codee::{Decoder, Encoder},
    server_fn::{ContentType, Decodes, Encodes, Format, FormatType, codec::Post},
};
use serde::{Serialize, de::DeserializeOwned};

/// The encoding of a server function's answer.
pub type ByWire = Post<Wire>;

/// Inquest's version, then the value in postcard.
pub struct Wire;

/// Why bytes could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The page was loaded from a server of another version.
    #[error("this page is of another version than the server; load it anew")]
    OtherVersion,
    /// The bytes are no such value.
    #[error("the answer cannot be read")]
    Malformed(#[from] postcard::Error),
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl<T: Serialize> Encoder<T> for Wire {
    type Error = WireError;
    type Encoded = Vec<u8>;

    fn encode(value: &T) -> Result<Vec<u8>, WireError> {
        Ok(postcard::to_allocvec(&(VERSION, value))?)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Wire {
    type Error = WireError;
    type Encoded = [u8];

    fn decode(bytes: &[u8]) -> Result<T, WireError> {
        let (version, value) = postcard::take_from_bytes::<&str>(bytes)?;
        if version != VERSION {
            return Err(WireError::OtherVersion);
        }
        Ok(postcard::from_bytes(value)?)
    }
}

impl ContentType for Wire {
    const CONTENT_TYPE: &'static str = "application/octet-stream";
}

impl FormatType for Wire {
    const FORMAT_TYPE: Format = Format::Binary;
}

impl<T: Serialize> Encodes<T> for Wire {
    type Error = WireError;

    fn encode(value: &T) -> Result<Bytes, WireError> {
        <Self as Encoder<T>>::encode(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Wire {
    type Error = WireError;

    fn decode(bytes: Bytes) -> Result<T, WireError> {
        <Self as Decoder<T>>::decode(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back() {
        let value = vec![Some(1.5), None, Some(-0.0)];
        let bytes = <Wire as Encoder<_>>::encode(&value);
        assert_eq!(
            bytes.and_then(|bytes| <Wire as Decoder<_>>::decode(&bytes)),
            Ok(value)
        );
    }

    #[test]
    fn another_version_is_told_from_nonsense() {
        let other = postcard::to_allocvec(&("0.0.0-other", 7_u32));
        let read = |bytes: &[u8]| <Wire as Decoder<u32>>::decode(bytes);
        assert_eq!(
            other.map(|bytes| read(&bytes)),
            Ok(Err(WireError::OtherVersion))
        );
        assert!(matches!(read(&[200, 1, 2]), Err(WireError::Malformed(_))));
    }
}
