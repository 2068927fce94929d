//! Rules about the source, which no compiler keeps: where a room may look, where SQL may stand, how
//! long things may be, which words may not be written.
//!
//! Each rule is a function from a [`Source`] to what breaks it, and is tried on a bad sample too, so
//! that a rule that sees nothing is noticed.

mod names;
mod rooms;
mod shape;
mod source;
mod sql;
mod words;

use std::{fs, path::Path};

use self::source::{Breach, Source};

/// The least of a file's lines that are worth telling.
const LONG: usize = 300;

/// Fails with every breach, each on a line of its own.
#[track_caller]
fn assert_none(breaches: &[Breach]) {
    let told: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{} breaches:\n{}", told.len(), told.join("\n"));
}

/// Applies a rule to every source file of the workspace, tests included.
#[track_caller]
fn keep(rule: fn(&Source) -> Vec<Breach>) {
    assert_none(&Source::all().iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn rooms_use_only_rooms_below_them() {
    keep(rooms::arrows);
}

#[test]
fn a_capability_is_used_through_what_its_room_exports() {
    keep(rooms::doors);
}

#[test]
fn every_exception_to_the_order_of_rooms_is_still_needed() {
    let sources = Source::all();
    let unused = rooms::unused_exceptions(&sources);

    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn core_does_no_input_or_output() {
    keep(rooms::no_world_in_core);

    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/Cargo.toml");
    let foreign = rooms::foreign_dependencies(&fs::read_to_string(manifest).unwrap());
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn sql_stands_in_stores_and_engines_are_named_in_db() {
    keep(sql::place);
    keep(sql::engines);
}

#[test]
fn every_statement_over_a_tenants_table_names_the_tenant() {
    keep(sql::tenants);
}

#[test]
fn every_exception_to_the_rules_of_sql_is_still_needed() {
    let sources = Source::all();
    let unused = sql::unused_exceptions(&sources);

    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn files_and_functions_are_short() {
    keep(shape::lengths);

    let mut long: Vec<_> = Source::all().iter().map(|it| (it.lines(), it.path.clone())).collect();
    long.retain(|(lines, _)| *lines > LONG);
    long.sort();
    for (lines, path) in long {
        println!("{lines:4} lines: {path}");
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    keep(shape::module_docs);
}

#[test]
fn tests_are_named_by_sentences() {
    keep(names::sentences);
}

#[test]
fn some_words_are_not_written() {
    keep(words::forbidden);
}

#[test]
fn time_and_randomness_come_from_the_environment_only() {
    keep(words::clocks);
}
