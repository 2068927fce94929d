//! Words that may not be written, and where time and chance may come from.

use super::source::{Breach, Source, Token};

/// Where a clock is read and randomness drawn, and files that measure how long something takes.
const CLOCKS: &[(&str, &str)] = &[("env.rs", "the one place")];

/// Where floats are, because a library asks for them, and money never comes.
const FLOATS: &[(&str, &str)] = &[("documents/points.rs", "a PDF counts in fractions")];

/// Marks of what is unfinished, in two parts, so that they don't stand here.
const UNFINISHED: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME")];

/// No floats, no unfinished code, no lint that is switched off without a reason. (An attribute may
/// name a float: the schema of a body says so that a member is a JSON number.)
pub(super) fn forbidden(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let may_float = |file| FLOATS.iter().any(|(free, _)| *free == file);
    let has_floats = source.inside("server").is_some_and(may_float);
    for (at, token) in source.tokens.iter().enumerate() {
        let next = source.tokens.get(at + 1).map_or("", |token| token.text.as_str());
        let why = match (token.text.as_str(), next) {
            ("f32" | "f64", _) if !token.in_attribute && !has_floats => "a binary float",
            ("todo" | "unimplemented" | "dbg", "!") => "unfinished",
            ("allow", "(") if token.in_attribute => "a lint without a reason: `expect` it",
            _ => continue,
        };
        breaches.push(source.breach(token.line, format!("`{}`: {why}", token.text)));
    }
    for (line, text) in (1..).zip(source.text.lines()) {
        if UNFINISHED.iter().any(|(start, end)| text.contains(&format!("{start}{end}"))) {
            breaches.push(source.breach(line, "says that something is unfinished"));
        }
    }
    breaches
}

/// Nobody but `env` reads the clock or draws randomness.
pub(super) fn clocks(source: &Source) -> Vec<Breach> {
    let inside = source.inside("server").or_else(|| source.inside("core"));
    let is_free = inside.is_none_or(|inside| CLOCKS.iter().any(|(file, _)| *file == inside));
    if is_free || source.is_test() {
        return Vec::new();
    }
    let tokens = &source.tokens;
    let reads = (0..tokens.len()).filter(|&at| is_draw(tokens, at));
    reads
        .map(|at| source.breach(tokens[at].line, format!("`{}` outside `env`", tokens[at].text)))
        .collect()
}

/// Whether a clock or randomness is named here. Monotonic time (`tokio::time::Instant`), which says
/// only how long something took, is free, and so are numbers that follow from a given seed.
fn is_draw(tokens: &[Token], at: usize) -> bool {
    let text = |offset: usize| tokens.get(at + offset).map_or("", |token| token.text.as_str());
    match text(0) {
        "SystemTime" | "Timestamp" | "Zoned" | "Ulid" => {
            text(1) == ":" && ["now", "new", "generate"].contains(&text(3))
        }
        "OsRng" | "SysRng" | "ThreadRng" | "thread_rng" | "from_os_rng" | "Uuid" => true,
        "rand" => text(1) == ":" && ["rng", "random", "fill"].contains(&text(3)),
        _ => false,
    }
}

#[test]
fn forbidden_words_are_seen_in_code_and_comments() {
    let unfinished = UNFINISHED[0].0.to_owned() + UNFINISHED[0].1;
    let text = format!(
        "#![allow(dead_code)]\nfn f(a: f64) {{ todo!() }}\n#[expect(dead_code)]\nfn g() {{ allow(1) }}\n// {unfinished}\nfn h() {{ g!(dbg!(1)) }}"
    );

    let seen = forbidden(&Source::new("a.rs", &text));

    let lines: Vec<String> = seen.iter().map(ToString::to_string).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.split(':').nth(1).unwrap()).collect();
    assert_eq!(lines, ["1", "2", "2", "6", "5"]);
}

#[test]
fn clocks_and_randomness_outside_the_environment_are_seen() {
    let text = "use rand::rng; fn f() { SystemTime::now(); Ulid::new(); Instant::now() }";

    let outside = clocks(&Source::new("crates/server/src/cli/token.rs", text));
    let inside = clocks(&Source::new("crates/server/src/env.rs", text));

    assert_eq!((outside.len(), inside.len()), (3, 0));
}
