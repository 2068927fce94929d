//! Names of tests: sentences.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::{Breach, Source};

/// The fewest words of a test's name.
const WORDS_MIN: usize = 3;

#[derive(Default)]
struct Tests(Vec<(String, usize)>);

/// Every test is named by a sentence, in three words at least.
pub(super) fn sentences(source: &Source) -> Vec<Breach> {
    let mut tests = Tests::default();
    tests.visit_file(&source.syntax);
    let short = tests.0.into_iter().filter(|(name, _)| name.split('_').count() < WORDS_MIN);
    short.map(|(name, line)| source.breach(line, format!("`{name}` is no sentence"))).collect()
}

impl Tests {
    /// Functions in the tokens of `proptest!`.
    fn properties(&mut self, tokens: TokenStream) {
        let mut after_fn = false;
        for tree in tokens {
            match tree {
                TokenTree::Ident(word) if after_fn => {
                    self.0.push((word.to_string(), word.span().start().line));
                    after_fn = false;
                }
                TokenTree::Ident(word) => after_fn = word == "fn",
                _ => after_fn = false,
            }
        }
    }
}

impl<'ast> Visit<'ast> for Tests {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let is_test =
            |it: &syn::Attribute| it.path().segments.last().is_some_and(|it| it.ident == "test");
        if item.attrs.iter().any(is_test) {
            self.0.push((item.sig.ident.to_string(), item.sig.ident.span().start().line));
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if item.path.segments.last().is_some_and(|it| it.ident == "proptest") {
            self.properties(item.tokens.clone());
        }
    }
}

#[test]
fn tests_without_a_sentence_are_seen() {
    let text = "#[test] fn it_works() {}
        mod a { #[tokio::test] async fn works() {} }
        proptest! { #[test] fn adds_up(a: u8) {} }
        #[test] fn a_good_name() {}
        fn helper() {}";

    let seen: Vec<String> =
        sentences(&Source::new("a.rs", text)).iter().map(ToString::to_string).collect();

    let expected = [
        "a.rs:1: `it_works` is no sentence",
        "a.rs:2: `works` is no sentence",
        "a.rs:3: `adds_up` is no sentence",
    ];
    assert_eq!(seen, expected);
}
