//! The pages.

pub mod not_found;
pub mod overview;
pub mod sources;
pub mod workload;

pub use not_found::NotFound;
pub use overview::Overview;
pub use sources::Sources;
pub use workload::WorkloadPage;
