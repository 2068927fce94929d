//! Which room may use which.
//!
//! Paths are read from `use` items, from expressions and types, and from the tokens of macros; `self`
//! and `super` are resolved first.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::{Breach, Source, is_for_tests};

/// The rooms of the server, from the top down. Rooms on one line don't use each other.
const SERVER: &[&[&str]] = &[
    &["cli"],
    &["router", "jobs"],
    &["privacy"],
    &["books"],
    &["sandbox", "upkeep"],
    &["payments", "corrections", "refunds", "customers", "dunning", "oneoff", "reports"],
    &["subscriptions"],
    &["documents"],
    &["invoicing"],
    &["metering"],
    &["alerts", "apps", "catalog", "gateways"],
    &["chain", "ledger", "outbox"],
    &["tenants"],
    &["app"],
    &["command"],
    &["config"],
    &["http"],
    &["env"],
    &["db"],
    &["stopwatch"],
];

/// The rooms of the core, likewise.
const CORE: &[&[&str]] = &[
    &["reports"],
    &["subscriptions", "refunds"],
    &["invoicing"],
    &["metering"],
    &["catalog", "tenants", "dunning", "gateways"],
    &["ledger", "chain", "search"],
    &["id"],
    &["money", "calendar"],
];

/// Rooms whose inner modules other rooms use too.
const OPEN: &[&str] = &["db", "http", "config", "cli", "money", "calendar"];

/// Arrows upwards: from, to, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("app", "ledger", "the lanes of the hottest set are started with it and handed to handlers"),
    ("app", "metering", "and those of reports"),
    ("app", "invoicing", "so is what searches keep in memory"),
    ("app", "documents", "and the hands that draw"),
    ("app", "refunds", "so are the refunds that are being paid"),
    ("app", "reports", "and the exports that are being downloaded"),
];

/// What core may depend on: pure libraries, without a clock, randomness, input, output or serde.
const PURE: &[&str] = &["iso_currency", "jiff", "memchr", "sha2", "thiserror", "ulid"];

/// Parts of the standard library that touch the world.
const WORLD: &[&str] = &["env", "fs", "io", "net", "process", "thread", "time"];

/// A path that is absolute within its crate: `["http", "auth", "Gate"]`.
struct Use {
    path: Vec<String>,
    line: usize,
}

/// A room uses rooms below it only.
pub(super) fn arrows(source: &Source) -> Vec<Breach> {
    let all = upward(source);
    let excepted = |from: &str, to: &str| EXCEPTIONS.iter().any(|it| (it.0, it.1) == (from, to));
    let breaches = all.into_iter().filter(|(from, to, _)| !excepted(from, to));
    breaches.map(|(from, to, line)| source.breach(line, format!("`{from}` uses `{to}`"))).collect()
}

/// A capability is used through its `mod.rs`; only the router takes the routes out of its `api`.
pub(super) fn doors(source: &Source) -> Vec<Breach> {
    let Some((from, rooms)) = room(source) else { return Vec::new() };
    let known = |name: &str| rooms.iter().any(|line| line.contains(&name));
    let breaks = |it: &Use| {
        let [to, module, ..] = &it.path[..] else { return false };
        let is_module = it.path.len() > 2 && module.starts_with(char::is_lowercase);
        let is_route = from == "router" && module == "api";
        *to != from && known(to) && is_module && !OPEN.contains(&to.as_str()) && !is_route
    };
    let used = uses(source).into_iter().filter(breaks);
    used.map(|it| source.breach(it.line, format!("reaches into `{}`", it.path.join("::"))))
        .collect()
}

/// Core has no clock, files, network, threads.
pub(super) fn no_world_in_core(source: &Source) -> Vec<Breach> {
    if source.inside("core").is_none() {
        return Vec::new();
    }
    let tokens = &source.tokens;
    let reaches = (3..tokens.len()).filter(|&at| {
        let path = [&tokens[at - 3].text, &tokens[at - 2].text, &tokens[at - 1].text];
        path == ["std", ":", ":"] && WORLD.contains(&tokens[at].text.as_str())
    });
    let mut breaches: Vec<_> = reaches
        .map(|at| source.breach(tokens[at].line, format!("core uses `std::{}`", tokens[at].text)))
        .collect();
    let asynchronous = tokens.iter().filter(|token| token.text == "async");
    breaches.extend(asynchronous.map(|token| source.breach(token.line, "core is asynchronous")));
    breaches
}

/// What a manifest's `[dependencies]` hold that core may not depend on.
pub(super) fn foreign_dependencies(manifest: &str) -> Vec<String> {
    let own = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let names = own
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'));
    names.filter(|name| !PURE.contains(name)).map(str::to_owned).collect()
}

/// Exceptions that nothing makes use of.
pub(super) fn unused_exceptions(sources: &[Source]) -> Vec<(&'static str, &'static str)> {
    let upward: Vec<_> = sources.iter().flat_map(upward).collect();
    let is_unused = |(from, to, _): &&(&str, &str, &str)| {
        !upward.iter().any(|(user, used, _)| (user, used) == (&from.to_string(), &to.to_string()))
    };
    EXCEPTIONS.iter().filter(is_unused).map(|(from, to, _)| (*from, *to)).collect()
}

/// Which rooms of the same height or above a file uses: from, to, line.
fn upward(source: &Source) -> Vec<(String, String, usize)> {
    let Some((from, rooms)) = room(source) else { return Vec::new() };
    let height = |name: &str| rooms.iter().position(|line| line.contains(&name));
    let Some(own) = height(&from) else {
        return vec![(from, "a place in the order of rooms".to_owned(), 1)];
    };
    let ups = uses(source).into_iter().filter_map(|it| {
        let to = it.path.into_iter().next()?;
        (to != from && height(&to)? <= own).then(|| (from.clone(), to, it.line))
    });
    ups.collect()
}

/// The room of a file, and the order that it is in. The roots of crates and tests are in none.
fn room(source: &Source) -> Option<(String, &'static [&'static [&'static str]])> {
    let (path, order) = match source.inside("server") {
        Some(path) => (path, SERVER),
        None => (source.inside("core")?, CORE),
    };
    let name = path.split('/').next()?.trim_end_matches(".rs");
    (!["main", "lib"].contains(&name)).then(|| (name.to_owned(), order))
}

/// What a file uses of its own crate.
fn uses(source: &Source) -> Vec<Use> {
    let inside = source.inside("server").or_else(|| source.inside("core")).unwrap_or_default();
    let module = inside.trim_end_matches(".rs").split('/').filter(|part| *part != "mod");
    let module = module.map(str::to_owned).collect();
    let mut reader = Reader { module, found: Vec::new() };
    reader.visit_file(&source.syntax);
    reader.found
}

struct Reader {
    /// Where the reader is, from the root of the crate.
    module: Vec<String>,
    found: Vec<Use>,
}

impl Reader {
    fn found(&mut self, path: &[String], line: usize) {
        let mut module = self.module.clone();
        let mut rest = path;
        match path.first().map(String::as_str) {
            Some("crate") => {
                module.clear();
                rest = &path[1..];
            }
            Some("self" | "super") => {
                while let Some(("self" | "super", after)) =
                    rest.split_first().map(|(first, after)| (first.as_str(), after))
                {
                    if rest[0] == "super" {
                        module.pop();
                    }
                    rest = after;
                }
            }
            _ => return,
        }
        module.extend(rest.iter().cloned());
        self.found.push(Use { path: module, line });
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, before));
            }
            syn::UseTree::Name(syn::UseName { ident })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.found(before, ident.span().start().line);
                before.pop();
            }
            syn::UseTree::Glob(glob) => self.found(before, glob.star_token.span.start().line),
        }
    }

    /// Paths in the tokens of a macro, of the form `crate::…`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        for tree in tokens {
            match tree {
                TokenTree::Ident(word) if word == "crate" || !path.is_empty() => {
                    line = word.span().start().line;
                    path.push(word.to_string());
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' => (),
                TokenTree::Group(group) => {
                    self.found(&std::mem::take(&mut path), line);
                    self.tokens(group.stream());
                }
                _ => self.found(&std::mem::take(&mut path), line),
            }
        }
        self.found(&path, line);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(&item.tree, &mut Vec::new());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_none() || is_for_tests(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        if segments.len() > 1 {
            self.found(&segments, path.segments[0].ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

#[test]
fn arrows_upwards_are_seen_however_they_are_written() {
    let direct = "use crate::{db::Db, router::{planes}};";
    let climbing = "fn f() { super::super::invoicing::issue() }";
    let in_macro = "fn f() { format!(\"{}\", crate::cli::main()) }";
    let unknown = "fn f() {}";

    let told = |path: &str, text| {
        arrows(&Source::new(path, text)).iter().map(ToString::to_string).collect::<Vec<_>>()
    };

    assert_eq!(
        told("crates/server/src/http/a.rs", direct),
        ["crates/server/src/http/a.rs:1: `http` uses `router`"]
    );
    assert_eq!(told("crates/server/src/catalog/store.rs", climbing).len(), 1);
    assert_eq!(told("crates/server/src/command/store.rs", in_macro).len(), 1);
    assert_eq!(told("crates/server/src/attic/store.rs", unknown).len(), 1);
    assert_eq!(told("crates/core/src/money/a.rs", "use crate::ledger::Book;").len(), 1);
    assert!(told("crates/server/src/router.rs", "use crate::catalog::api;").is_empty());
}

#[test]
fn reaching_into_another_capability_is_seen() {
    let text = "use crate::{catalog::store::find, ledger::Book, http::auth::Gate};";

    let seen = doors(&Source::new("crates/server/src/payments/service.rs", text));

    assert_eq!(seen.len(), 1);
    assert!(seen[0].to_string().ends_with("reaches into `catalog::store::find`"), "{}", seen[0]);
}

#[test]
fn a_core_that_touches_the_world_is_seen() {
    let text = "use std::time::Instant; async fn f() {}";
    let manifest =
        "[dependencies]\nsha2.workspace = true\ntokio = \"1\"\n[dev-dependencies]\nrand = \"1\"";

    let seen = no_world_in_core(&Source::new("crates/core/src/money/a.rs", text));

    assert_eq!(seen.len(), 2);
    assert_eq!(foreign_dependencies(manifest), ["tokio"]);
}
