//! One run of a `credential_process` for however many requests want its keys at the same time. Nothing
//! is kept when the last of them has its answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use stsd_protocol::gateway::Failure;
use tokio::sync::OnceCell;

use super::apart::Apart;
use crate::profiles::Program;
use crate::signer::Signer;

type Said = OnceCell<Result<Signer, Failure>>;

/// The programs that run now.
#[derive(Default)]
pub(crate) struct Running {
    /// Where they run, if not below this process.
    apart: Option<Apart>,
    said: Mutex<HashMap<String, Weak<Said>>>,
}

impl Running {
    /// Programs run below another process from now on.
    pub(crate) fn run_apart(&mut self, apart: Apart) {
        self.apart = Some(apart);
    }

    pub(super) fn apart(&self) -> Option<&Apart> {
        self.apart.as_ref()
    }

    /// What the program says, by `run` or by the run that is under way. If that one is dropped, its
    /// request having gone away, another one that waits runs in its place.
    pub(super) async fn credentials(
        &self,
        program: &Program,
        run: impl Future<Output = Result<Signer, Failure>>,
    ) -> Result<Signer, Failure> {
        let said = self.entry(program);
        said.get_or_init(|| run).await.clone()
    }

    fn entry(&self, program: &Program) -> Arc<Said> {
        // An entry is inserted whole, so a panic elsewhere leaves nothing half done.
        let mut running = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, said| said.strong_count() > 0);
        let key = format!("{}\0{}", program.profile, program.command);
        if let Some(said) = running.get(&key).and_then(Weak::upgrade) {
            return said;
        }
        let said = Arc::new(Said::new());
        running.insert(key, Arc::downgrade(&said));
        said
    }
}
