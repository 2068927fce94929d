//! The demo: what it prints works as it stands.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use serde_json::Value;

/// A demo that runs, and what it printed.
struct Demo {
    child: Child,
    said: Vec<String>,
}

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_countinghouse"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said: Vec<String> = Vec::new();
        for line in lines {
            let is_last = line.starts_with("Ctrl-C");
            said.push(line);
            if is_last {
                break;
            }
        }
        Self { child, said }
    }

    fn commands(&self) -> Vec<&str> {
        self.said.iter().filter(|it| it.starts_with("curl ")).map(String::as_str).collect()
    }

    /// The token of a role.
    fn token(&self, role: &str) -> &str {
        let line = self.said.iter().find(|it| it.trim_start().starts_with(role)).unwrap();
        line.split_whitespace().nth(1).unwrap()
    }

    fn root(&self) -> &str {
        self.said[0].strip_prefix("Countinghouse demo on ").unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends what a printed command would.
async fn run(command: &str) -> (u16, Value) {
    let words: Vec<&str> = command.split('\'').collect();
    let method = command.split(" -X ").nth(1).unwrap().split(' ').next().unwrap();
    let url = words[words.len() - 2];
    let client = reqwest::Client::new();
    let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    for pair in words[..words.len() - 2].chunks(2) {
        let [before, word] = pair else { break };
        if before.ends_with("-H ") {
            let (name, value) = word.split_once(": ").unwrap();
            request = request.header(name, value);
        } else if before.ends_with("-d ") {
            request = request.body((*word).to_owned());
        }
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn every_command_that_it_prints_works() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());

    let commands = demo.commands();

    assert_eq!(commands.len(), 5);
    for command in commands {
        let (status, answer) = run(command).await;
        assert!(matches!(status, 200 | 201), "{command}\n{answer}");
    }
    assert!(demo.said.iter().any(|line| line.starts_with("DEMO ONLY")));
}

#[tokio::test]
async fn there_is_a_token_for_each_role() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    let client = reqwest::Client::new();

    let calls = [
        ("member", "/api/v1/billing/records/tnt_acme", 200),
        ("member", "/api/v1/admin/billing/records/tnt_acme", 403),
        ("admin", "/api/v1/admin/billing/records/tnt_acme", 200),
        ("admin", "/api/v1/admin/billing/records/tnt_nimbus", 403),
        ("super_admin", "/api/v1/admin/billing/records/tnt_nimbus", 200),
    ];

    for (role, path, status) in calls {
        let call = client.get(format!("{}{path}", demo.root())).bearer_auth(demo.token(role));
        assert_eq!(call.send().await.unwrap().status().as_u16(), status, "{role} {path}");
    }
}

#[tokio::test]
async fn its_books_are_sound() {
    let folder = tempfile::tempdir().unwrap();
    let _demo = Demo::start(folder.path());

    let verify = Command::new(env!("CARGO_BIN_EXE_countinghouse"))
        .args(["verify", "--deep", "--database-url", "sqlite://demo.db"])
        .current_dir(folder.path())
        .output()
        .unwrap();

    let said = String::from_utf8([verify.stdout, verify.stderr].concat()).unwrap();
    assert!(verify.status.success(), "{said}");
    assert!(said.contains("3600 records"), "{said}");
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_one_filled() {
    let folder = tempfile::tempdir().unwrap();
    let total = async |demo: &Demo| {
        let (_, list) = run(demo.commands()[0]).await;
        list["total"].clone()
    };
    let first = Demo::start(folder.path());
    let filled = total(&first).await;
    let shown = first.said.len();
    drop(first);

    let second = Demo::start(folder.path());

    assert_eq!(total(&second).await, filled);
    assert!(filled.as_i64().unwrap() > 1_000);
    assert_eq!(second.said.len(), shown);
    assert!(folder.path().join("demo.db").exists());
}
