//! What analysis knows of a source's containers: which of them are about to meet their limit.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use domain::ids::EngineId;

/// The containers of one source that are to be looked at every second. Whoever tells waits for nobody, nor does who asks: the lock is
/// held to exchange a pointer.
#[derive(Clone, Debug, Default)]
pub struct Hint(Arc<RwLock<Arc<HashSet<EngineId>>>>);

impl Hint {
    /// Tells which they are from now on.
    pub fn tell(&self, near: HashSet<EngineId>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(near);
    }

    /// Which they are.
    pub fn near(&self) -> Arc<HashSet<EngineId>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
