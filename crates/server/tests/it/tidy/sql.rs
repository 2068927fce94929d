//! Where SQL may stand, and that it never looks over the fence between tenants.

use std::{collections::BTreeMap, path::Path};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::{Breach, Source, is_for_tests};

/// Files beside the `store.rs` of a capability and `db/` that hold SQL, and why.
const STORES: &[(&str, &str)] = &[
    ("invoicing/dunned.rs", "invoices in dunning"),
    ("invoicing/exported.rs", "records and lines in streams"),
    ("invoicing/open.rs", "invoices that are open, and what becomes of them"),
    ("invoicing/records.rs", "pages of records"),
    ("ledger/adjust.rs", "what a set of adjustments needs to know, in one statement"),
    ("ledger/credit.rs", "balances and pages of credit transactions"),
    ("ledger/months.rs", "what was posted for each month"),
];

/// Statements over all tenants: file, function or constant, and why.
const OVER_ALL: &[(&str, &str, &str)] = &[
    ("alerts/store/listed.rs", "count", "a list of the platform's administrators"),
    ("alerts/store/listed.rs", "page", "the same"),
    ("alerts/store/listed.rs", "CLOCK", "of whichever tenant an alert of the list is"),
    ("books/tenants/store.rs", "not_entered", "names that are in no tenant's row"),
    ("books/tenants/store.rs", "page", "the tenants themselves, one page after the other"),
    ("books/tenants/store.rs", "size", "how much there is to verify"),
    ("catalog/gates/store.rs", "recent_overrides", "a list of the platform's administrators"),
    ("command/store.rs", "sweep", "old answers are swept whosever they are"),
    ("subscriptions/store.rs", "SELECT", "a list of the platform's administrators"),
    ("subscriptions/store.rs", "count", "the same"),
    ("invoicing/notes/store/shown.rs", "SELECT", "a list of the platform's administrators"),
    ("invoicing/notes/store/shown.rs", "count", "the same"),
    ("refunds/store.rs", "SELECT", "a list of the platform's administrators"),
    ("refunds/store.rs", "count", "the same"),
    ("invoicing/dunned.rs", "due", "what the scheduler looks for, whosever it is"),
    ("ledger/closing/store.rs", "due", "the scheduler looks for months of anybody"),
    ("subscriptions/due/store.rs", "due", "the scheduler looks for what is due to anybody"),
    ("subscriptions/store.rs", "administered_by", "asked for a person, without a tenant"),
];

/// Files outside `db/` that name an engine, and why.
const ENGINES: &[(&str, &str)] = &[
    ("cli/demo/mod.rs", "the default of the setting"),
    ("config.rs", "the default of the setting"),
    ("config/unit.rs", "what the setting may be"),
];

/// Tables that are no tenant's.
const REFERENCE: &[&str] =
    &["gateway_secret", "lease", "payment_gateway", "plan", "plan_gate", "schema_migration"];

/// A text in the source that is SQL, or a part of it.
struct Sql {
    text: String,
    line: usize,
    /// The function or constant that it stands in.
    within: String,
}

/// Names of constants in the functions that use them, beside the texts.
#[derive(Default)]
struct Reader {
    within: Vec<String>,
    texts: Vec<Sql>,
    /// What each function names.
    named: BTreeMap<String, Vec<String>>,
    /// What each constant list begins with.
    firsts: BTreeMap<String, String>,
    /// Tables that rows are inserted into: table, the first column or the constant of columns, line.
    inserts: Vec<(String, String, usize)>,
}

/// SQL stands in `db/`, in a `store.rs`, or in a file that is listed.
pub(super) fn place(source: &Source) -> Vec<Breach> {
    let Some(inside) = source.inside("server") else { return Vec::new() };
    if is_store(inside) || source.is_test() {
        return Vec::new();
    }
    let reader = Reader::of(source);
    let texts = reader.texts.iter().filter(|it| is_sql(&it.text));
    texts.map(|it| source.breach(it.line, format!("SQL in `{}`", it.within))).collect()
}

/// Engines are named in `db/` only.
pub(super) fn engines(source: &Source) -> Vec<Breach> {
    let Some(inside) = source.inside("server") else { return Vec::new() };
    if inside.starts_with("db/") || source.is_test() || listed(ENGINES, inside) {
        return Vec::new();
    }
    let code = source.tokens.iter().filter(|token| !token.in_attribute);
    let named = code.filter(|token| {
        let text = token.text.to_ascii_lowercase();
        text.contains("sqlite") || text.contains("postgres")
    });
    named
        .map(|token| source.breach(token.line, format!("names an engine: {}", token.text)))
        .collect()
}

/// A statement over tables of tenants ties every one of them to a tenant, and inserted rows begin
/// with it.
pub(super) fn tenants(source: &Source) -> Vec<Breach> {
    let Some(inside) = source.inside("server") else { return Vec::new() };
    if inside.starts_with("db/") || source.is_test() {
        return Vec::new();
    }
    let untied = untied(source);
    let untied = untied.into_iter().filter(|(within, ..)| !is_over_all(inside, within));
    untied.map(|(within, line, why)| source.breach(line, format!("`{within}`: {why}"))).collect()
}

/// Exceptions that nothing makes use of.
pub(super) fn unused_exceptions(sources: &[Source]) -> Vec<String> {
    let find = |file: &str| sources.iter().find(|it| it.inside("server") == Some(file));
    let over_all = OVER_ALL.iter().filter(|(file, within, _)| {
        !find(file).is_some_and(|it| untied(it).iter().any(|(found, ..)| found == within))
    });
    let stores = STORES.iter().filter(|(file, _)| {
        !find(file).is_some_and(|it| Reader::of(it).texts.iter().any(|it| is_sql(&it.text)))
    });
    let engines = ENGINES.iter().filter(|(file, _)| find(file).is_none());
    let over_all = over_all.map(|(file, within, _)| format!("{file} {within}"));
    over_all.chain(stores.chain(engines).map(|(file, _)| (*file).to_owned())).collect()
}

fn is_store(inside: &str) -> bool {
    let is_named_so = Path::new(inside).ends_with("store.rs") || inside.contains("/store/");
    inside.starts_with("db/") || is_named_so || listed(STORES, inside)
}

fn listed(list: &[(&str, &str)], inside: &str) -> bool {
    list.iter().any(|(file, _)| *file == inside)
}

fn is_over_all(inside: &str, within: &str) -> bool {
    OVER_ALL.iter().any(|it| (it.0, it.1) == (inside, within))
}

/// Whether a text is a statement, or the end of one.
fn is_sql(text: &str) -> bool {
    let words = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "WITH RECURSIVE ",
        "ON CONFLICT ",
        " WHERE ",
        " ORDER BY ",
        "CREATE TABLE ",
        "TRUNCATE ",
    ];
    words.iter().any(|word| text.contains(word))
}

/// Statements without a tie for every table: where, and why.
fn untied(source: &Source) -> Vec<(String, usize, String)> {
    let reader = Reader::of(source);
    let mut untied = Vec::new();
    for sql in &reader.texts {
        let tables = tables(&sql.text);
        if tables.is_empty() {
            continue;
        }
        let is_tied = |text: &str| has_tenant(text) && ties(text) >= tables.len();
        let is_tied_by_users = || {
            let users = reader.users_of(&sql.within);
            !users.is_empty() && users.iter().all(|user| is_tied(&reader.whole(user, sql)))
        };
        if !is_tied(&sql.text) && !is_tied(&reader.whole(&sql.within, sql)) && !is_tied_by_users() {
            let why = format!("no tenant for each of {}", tables.join(", "));
            untied.push((sql.within.clone(), sql.line, why));
        }
    }
    for (table, columns, line) in &reader.inserts {
        let first = reader.firsts.get(columns).unwrap_or(columns);
        if is_of_tenants(table) && first != "tenant_id" {
            untied.push((table.clone(), *line, format!("rows begin with `{first}`")));
        }
    }
    untied
}

/// The tables of tenants that a statement reads or writes, as often as it does.
fn tables(sql: &str) -> Vec<&str> {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let pairs =
        words.windows(2).filter(|pair| ["FROM", "JOIN", "UPDATE", "INTO"].contains(&pair[0]));
    let names = pairs.map(|pair| pair[1].trim_matches(|c: char| !c.is_alphanumeric() && c != '_'));
    names.filter(|name| is_of_tenants(name)).collect()
}

/// Whether a migration makes a table of that name, and it is no reference table.
fn is_of_tenants(name: &str) -> bool {
    static TABLES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let files = std::fs::read_dir(folder).unwrap();
        let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let whole: String = texts.collect();
        let names = whole.split("CREATE TABLE ").skip(1);
        names.filter_map(|rest| rest.split([' ', '(']).next()).map(str::to_owned).collect()
    });
    TABLES.iter().any(|table| table == name) && !REFERENCE.contains(&name)
}

/// Whether one tenant, or a list of them, is given as a value; `k` are the pairs of a list.
fn has_tenant(sql: &str) -> bool {
    let is_listed = sql.trim_end().ends_with("tenant_id") || sql.contains("tenant_id\u{1}");
    sql.contains("tenant_id = $") || sql.contains("tenant_id = k.a") || is_listed
}

/// How many tables a statement ties to a tenant.
fn ties(sql: &str) -> usize {
    let lists = sql.matches("tenant_id\u{1}").count();
    let last = usize::from(sql.trim_end().ends_with("tenant_id"));
    sql.matches("tenant_id = ").count() + lists + last
}

impl Reader {
    fn of(source: &Source) -> Self {
        let mut reader = Self::default();
        reader.visit_file(&source.syntax);
        reader
    }

    /// The functions that name a constant or call a function.
    fn users_of(&self, name: &str) -> Vec<&str> {
        let users = self
            .named
            .iter()
            .filter(|(user, named)| *user != name && named.iter().any(|it| it == name));
        users.map(|(user, _)| user.as_str()).collect()
    }

    /// A text with all that its function, or a user of it, adds. Where a text ends, a list of values
    /// may follow.
    fn whole(&self, within: &str, sql: &Sql) -> String {
        let parts = self.texts.iter().filter(|it| it.within == within && it.line >= sql.line);
        let parts = parts.filter(|it| tables(&it.text).is_empty());
        let parts: Vec<&str> = parts.map(|it| it.text.as_str()).collect();
        format!("{}\u{1}{}\u{1}", sql.text, parts.join("\u{1}"))
    }

    fn text(&mut self, text: String, line: usize) {
        let within = self.within.last().cloned().unwrap_or_default();
        self.texts.push(Sql { text, line, within });
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for tree in tokens {
            match tree {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.text(text.value(), line);
                    }
                }
                _ => (),
            }
        }
    }

    fn within(&mut self, name: &syn::Ident, read: impl FnOnce(&mut Self)) {
        self.within.push(name.to_string());
        read(self);
        self.within.pop();
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within(&item.sig.ident, |reader| visit::visit_item_fn(reader, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within(&item.sig.ident, |reader| visit::visit_impl_item_fn(reader, item));
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        match &item.ident {
            Some(name) => self.within(name, |reader| visit::visit_item_macro(reader, item)),
            None => visit::visit_item_macro(self, item),
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if let syn::Expr::Reference(list) = &*item.expr
            && let Some(first) = first_of(&list.expr)
        {
            self.firsts.insert(item.ident.to_string(), first);
        }
        self.within(&item.ident, |reader| visit::visit_item_const(reader, item));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (Some(within), Some(last)) = (self.within.last(), path.segments.last()) {
            self.named.entry(within.clone()).or_default().push(last.ident.to_string());
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && function.path.segments.iter().map(|it| it.ident.to_string()).eq(["Rows", "new"])
            && let [syn::Expr::Lit(table), columns] = &call.args.iter().collect::<Vec<_>>()[..]
            && let syn::Lit::Str(table) = &table.lit
        {
            let columns = match columns {
                syn::Expr::Path(name) => name.path.segments.last().unwrap().ident.to_string(),
                syn::Expr::Reference(list) => first_of(&list.expr).unwrap_or_default(),
                _ => String::new(),
            };
            self.inserts.push((table.value(), columns, table.span().start().line));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.text(text.value(), text.span().start().line);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
    }
}

/// The first text of a list.
fn first_of(list: &syn::Expr) -> Option<String> {
    let syn::Expr::Array(list) = list else { return None };
    match list.elems.first()? {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

#[test]
fn sql_and_engines_out_of_place_are_seen() {
    let text = "fn f() { Stmt::new(\"SELECT a FROM invoice WHERE tenant_id = $1\"); }
        #[cfg(test)] mod tests { const A: &str = \"DELETE FROM invoice\"; }
        fn g() { let on_sqlite = true; }
        /// SQLite has one lane. INSERT INTO
        fn h() { format!(\"INSERT INTO {}\", 1); }";

    let in_service = Source::new("crates/server/src/payments/service.rs", text);
    let in_store = Source::new("crates/server/src/payments/store.rs", text);
    let in_db = Source::new("crates/server/src/db/tx.rs", text);

    let count = |source: &Source| (place(source).len(), engines(source).len());
    assert_eq!(count(&in_service), (2, 1));
    assert_eq!(count(&in_store), (0, 1));
    assert_eq!(count(&in_db), (0, 0));
}

#[test]
fn a_statement_that_looks_over_the_fence_is_seen() {
    let good = [
        "fn f() { Stmt::new(\"SELECT a FROM invoice WHERE tenant_id = $1 AND b = $2\"); }",
        "fn f() { Stmt::new(\"SELECT a FROM invoice WHERE tenant_id\").push_any_text(t); }",
        "const A: &str = \"SELECT a FROM invoice\";
         fn f() { Stmt::new(A).push(\" WHERE tenant_id = $1\"); }",
        "fn f() { Stmt::new(\"SELECT name FROM plan\"); }",
        "const C: &[&str] = &[\"tenant_id\", \"a\"]; fn f() { Rows::new(\"invoice\", C); }",
        "fn f() { Stmt::new(\"SELECT a FROM\").push_text_pairs(p)
             .push(\" AS k JOIN invoice ON tenant_id = k.a AND number = k.b\"); }",
    ];
    let bad = [
        "fn f() { Stmt::new(\"SELECT tenant_id FROM invoice WHERE b = $1\"); }",
        "fn f() { Stmt::new(\"UPDATE invoice SET a = 1\"); }",
        "fn f() { Stmt::new(\"SELECT a FROM invoice AS i JOIN invoice_line AS l ON l.x = i.x
             WHERE i.tenant_id = $1\"); }",
        "const A: &str = \"SELECT a FROM invoice\";
         fn f() { Stmt::new(A).push(\" WHERE tenant_id = $1\"); }
         fn g() { Stmt::new(A).push(\" WHERE number = $1\"); }",
        "const C: &[&str] = &[\"a\", \"tenant_id\"]; fn f() { Rows::new(\"invoice\", C); }",
    ];

    let seen =
        |text: &&str| tenants(&Source::new("crates/server/src/invoicing/store.rs", text)).len();

    assert_eq!(good.iter().map(seen).collect::<Vec<_>>(), [0; 6]);
    assert_eq!(bad.iter().map(seen).collect::<Vec<_>>(), [1; 5]);
}
