//! How long things may be, and that a module begins with what it is for.

use syn::visit::{self, Visit};

use super::source::{Breach, Source};

/// The most lines of a file.
const FILE_MAX: usize = 500;

/// The most lines of a function, from `fn` to its last brace.
const FUNCTION_MAX: usize = 70;

#[derive(Default)]
struct Functions(Vec<(String, usize, usize)>);

/// Files and functions are not too long.
pub(super) fn lengths(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if source.lines() > FILE_MAX {
        breaches.push(source.breach(1, format!("has {} lines", source.lines())));
    }
    let mut functions = Functions::default();
    functions.visit_file(&source.syntax);
    for (name, first, last) in functions.0 {
        let lines = last - first + 1;
        if lines > FUNCTION_MAX {
            breaches.push(source.breach(first, format!("`{name}` has {lines} lines")));
        }
    }
    breaches
}

/// A file begins with `//!`.
pub(super) fn module_docs(source: &Source) -> Vec<Breach> {
    let is_told = source.text.starts_with("//! ");
    if is_told { Vec::new() } else { vec![source.breach(1, "does not say what it is for")] }
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        self.0.push((signature.ident.to_string(), first, last));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[test]
fn what_is_too_long_is_seen() {
    let body = "    let _ = 1;\n".repeat(FUNCTION_MAX);
    let long = format!("//! Doc.\nimpl A {{\nfn long() {{\n{body}}}\n}}\nfn short() {{}}\n");
    let longer = format!("//! Doc.\n{}", "const A: u8 = 1;\n".repeat(FILE_MAX));

    let functions = lengths(&Source::new("a.rs", &long));
    let files = lengths(&Source::new("a.rs", &longer));

    assert_eq!(functions.len(), 1);
    assert_eq!(functions[0].to_string(), "a.rs:3: `long` has 72 lines");
    assert_eq!(files.len(), 1);
}

#[test]
fn a_module_without_a_word_about_itself_is_seen() {
    let silent = module_docs(&Source::new("a.rs", "// A comment.\nfn f() {}"));
    let told = module_docs(&Source::new("a.rs", "//! A doc.\nfn f() {}"));

    assert_eq!((silent.len(), told.len()), (1, 0));
}
