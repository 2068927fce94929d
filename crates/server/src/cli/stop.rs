//! Being told to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Waits until the process is asked to stop: SIGTERM, or SIGINT from a terminal.
pub(super) async fn asked() {
    let mut term = match signal(SignalKind::terminate()) {
        Ok(term) => term,
        Err(error) => {
            tracing::error!(%error, "SIGTERM can't be listened for");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = term.recv() => (),
        result = tokio::signal::ctrl_c() => {
            if let Err(error) = result {
                tracing::error!(%error, "SIGINT can't be listened for");
                std::future::pending::<()>().await;
            }
        }
    }
}
