//! What real engines do, and what we make of it. Needs a Docker or Podman engine (`DOCKER_HOST` or a usual socket); without one the
//! tests say so and pass, or fail where `CI=true` or `INQUEST_REQUIRE_ENGINE=1` requires one. `make test` starts one.

mod causes;
mod engine;
mod evidence;
mod image;
mod killed;
mod ledger;
mod messages;
mod scene;
