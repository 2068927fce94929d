//! The service in a process of its own, which a test may kill.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{API_KEY, SECRET};

/// A running service.
pub(crate) struct Process {
    child: Child,
    database: String,
    pub(crate) port: u16,
}

impl Process {
    /// Starts it on a port, with more settings than those that it needs.
    pub(crate) fn start(database: &str, port: u16, settings: &[(&str, &str)]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_countinghouse"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database-url", database])
            .env("COUNTINGHOUSE_JWT_HS256_SECRET", SECRET)
            .env("COUNTINGHOUSE_API_KEYS", API_KEY)
            .env("COUNTINGHOUSE_LOG", "error")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, database: database.to_owned(), port }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it serves.
    pub(crate) async fn ready(&self, client: &reqwest::Client) {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        for _ in 0..2_000 {
            if client.get(&url).send().await.is_ok_and(|it| it.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the service does not come up on {}", self.database);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The books as a killed process left them are sound.
pub(crate) fn verify(database: &str) {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_countinghouse"));
    let told = verify.args(["verify", "--database-url", database]).output().unwrap();
    let text = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success(), "{text}{}", String::from_utf8_lossy(&told.stderr));
    assert!(text.ends_with("the books are sound\n"), "{text}");
}
