//! A source file, as text, as tokens and as syntax.

use std::{fmt, fs, path::Path, str::FromStr as _};

use proc_macro2::{TokenStream, TokenTree};

/// A file of Rust.
pub(super) struct Source {
    /// From the root of the workspace: `crates/server/src/app.rs`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) syntax: syn::File,
    pub(super) tokens: Vec<Token>,
}

/// A word, a sign or a literal. Comments are none; what stands in attributes is marked.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
    pub(super) in_attribute: bool,
}

/// A rule that is broken, and where.
#[derive(Debug)]
pub(super) struct Breach {
    path: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let stream = TokenStream::from_str(text).unwrap();
        let mut tokens = Vec::new();
        flatten(stream, false, &mut tokens);
        Self { path: path.to_owned(), text: text.to_owned(), syntax, tokens }
    }

    /// Every source file of the workspace, in order.
    pub(super) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let mut paths = Vec::new();
        collect(&root.join("crates"), &mut paths);
        paths.sort();
        assert!(paths.len() > 100, "only {} files were found", paths.len());
        let read = |path: &std::path::PathBuf| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            Self::new(&name, &fs::read_to_string(path).unwrap())
        };
        paths.iter().map(read).collect()
    }

    pub(super) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    pub(super) fn breach(&self, line: usize, rule: impl Into<String>) -> Breach {
        Breach { path: self.path.clone(), line, rule: rule.into() }
    }

    /// The path inside a crate's `src`, if it is there: `http/edge.rs` of `server`.
    pub(super) fn inside(&self, of: &str) -> Option<&str> {
        self.path.strip_prefix("crates/")?.strip_prefix(of)?.strip_prefix("/src/")
    }

    /// Whether it holds tests only.
    pub(super) fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("/testing.rs")
    }
}

fn collect(folder: &Path, paths: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Whether an item is compiled for tests only.
pub(super) fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string() == "test",
        _ => false,
    })
}

fn flatten(stream: TokenStream, in_attribute: bool, tokens: &mut Vec<Token>) {
    let mut after_hash = false;
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: String| tokens.push(Token { text, line, in_attribute });
        match tree {
            TokenTree::Group(group) => {
                let opens_one = after_hash && group.delimiter() == proc_macro2::Delimiter::Bracket;
                let (open, close) = signs(group.delimiter());
                push(open.to_owned());
                flatten(group.stream(), in_attribute || opens_one, tokens);
                let line = group.span_close().start().line;
                tokens.push(Token { text: close.to_owned(), line, in_attribute });
                after_hash = false;
            }
            TokenTree::Punct(sign) => {
                after_hash = sign.as_char() == '#' || (after_hash && sign.as_char() == '!');
                push(sign.to_string());
            }
            TokenTree::Ident(word) => push(word.to_string()),
            TokenTree::Literal(literal) => push(literal.to_string()),
        }
    }
}

fn signs(delimiter: proc_macro2::Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        proc_macro2::Delimiter::Parenthesis => ("(", ")"),
        proc_macro2::Delimiter::Brace => ("{", "}"),
        proc_macro2::Delimiter::Bracket => ("[", "]"),
        proc_macro2::Delimiter::None => ("", ""),
    }
}
