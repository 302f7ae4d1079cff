//! Inquest's server: the only crate with IO.
//!
//! Data flows one way: [`collect`] polls sources and hands messages to the recorder, which keeps them in the store and has the
//! `domain` judge them; the store answers the backend; [`live`] tells browsers that there is something new.

pub mod collect;
pub mod live;
