//! `openapi`: the document on standard output.

use std::process::ExitCode;

use super::Failure;
use crate::router;

pub(super) fn run() -> Result<ExitCode, Failure> {
    let text = router::document().to_pretty_json();
    println!("{}", text.map_err(Failure::because("the document can't be written"))?);
    Ok(ExitCode::SUCCESS)
}
