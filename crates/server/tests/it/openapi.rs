//! The OpenAPI document: that it is valid, whole, and says what the contract says.
//!
//! `openapi/openapi-3.1.schema.json` is the schema of the OpenAPI Initiative for documents of
//! version 3.1 (Apache-2.0), unchanged.

mod agreement;
mod examples;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::agreement::Agreement;
use crate::harness::contract::{Operation, contract, operations, served};

const SCHEMA: &str = include_str!("openapi/openapi-3.1.schema.json");

/// What breaks the rules of OpenAPI 3.1 in a document.
fn faults(document: &Value) -> Vec<String> {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults = validator.iter_errors(document);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

/// Every reference in a document, and the place that it stands in.
fn references<'a>(value: &'a Value, within: &str, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(to) if name == "$ref" => found.push((within.to_owned(), to)),
                    _ => references(value, &format!("{within}/{name}"), found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, within, found)),
        _ => (),
    }
}

/// The parts of an operation that are missing or empty.
fn missing(operation: &Operation) -> Vec<String> {
    let Operation { value, .. } = operation;
    let is_said = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let mut missing = Vec::new();
    for part in ["operationId", "summary", "description"] {
        if !is_said(&value[part]) {
            missing.push(part.to_owned());
        }
    }
    if value["tags"].as_array().is_none_or(Vec::is_empty) {
        missing.push("tags".to_owned());
    }
    let declared = value["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &declared {
        if !is_said(&parameter["description"]) {
            missing.push(format!("description of {}", parameter["name"]));
        }
        if parameter["example"].is_null() && parameter["schema"]["example"].is_null() {
            missing.push(format!("example of {}", parameter["name"]));
        }
    }
    let in_path = declared.iter().filter(|parameter| parameter["in"] == "path");
    let in_path: Vec<&str> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
    if in_path != operation.path_parameters() {
        missing.push(format!("path parameters: {in_path:?}"));
    }
    let responses = value["responses"].as_object().unwrap();
    if !responses.keys().any(|status| status.starts_with('2')) {
        missing.push("a success".to_owned());
    }
    for (status, response) in responses {
        if !is_said(&response["description"]) {
            missing.push(format!("description of {status}"));
        }
        let content = response["content"].as_object();
        let schemas: Vec<_> = content.into_iter().flatten().collect();
        let is_whole = match status.as_str() {
            "204" => schemas.is_empty(),
            success if success.starts_with('2') => {
                !schemas.is_empty()
                    && schemas.iter().all(|(_, content)| content.get("schema").is_some())
            }
            _ => {
                let problem = json!({ "$ref": "#/components/schemas/Problem" });
                matches!(&schemas[..], [(kind, content)]
                    if *kind == "application/problem+json" && content["schema"] == problem)
            }
        };
        if !is_whole {
            missing.push(format!("schema of {status}"));
        }
    }
    missing
}

#[test]
fn the_document_is_valid_openapi_3_1() {
    let document = served();

    assert_eq!(faults(&document), [""; 0]);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let valid = jsonschema::draft202012::meta::validate(schema);
        assert!(valid.is_ok(), "{name}: {valid:?}");
    }
}

#[test]
fn a_document_that_is_not_valid_is_noticed() {
    let mut silent = served();
    let responses = &mut silent["paths"]["/billing/plans"]["get"]["responses"]["200"];
    responses.as_object_mut().unwrap().remove("description");
    let mut placeless = served();
    placeless["paths"]["/billing/subscribe"]["post"]["parameters"][0]["in"] = json!("nowhere");

    assert!(!faults(&silent).is_empty());
    assert!(!faults(&placeless).is_empty());
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    let document = served();
    let mut found = Vec::new();
    references(&document, "", &mut found);

    let lost: Vec<_> = found
        .iter()
        .filter(|(_, to)| to.strip_prefix('#').and_then(|to| document.pointer(to)).is_none())
        .collect();
    let used: BTreeSet<&str> = found.iter().filter_map(|(_, to)| to.rsplit('/').next()).collect();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let unused: Vec<_> = schemas.keys().filter(|name| !used.contains(name.as_str())).collect();

    assert!(lost.is_empty(), "{lost:?}");
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_operation_is_described_in_full_and_has_a_name_of_its_own() {
    let document = served();
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();

    for operation in operations(&document) {
        assert_eq!(missing(&operation), [""; 0], "{}", operation.name());
        let id = operation.value["operationId"].as_str().unwrap();
        names.entry(id.to_owned()).or_default().push(operation.name());
    }

    let shared: Vec<_> = names.into_iter().filter(|(_, operations)| operations.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:?}");
}

#[test]
fn what_an_operation_takes_as_proof_is_that_of_its_plane() {
    let document = served();

    for operation in operations(&document) {
        let path = operation.template.as_str();
        let expected = if path.starts_with("/internal/") {
            json!([{ "api_key": [] }])
        } else if path == "/billing/plans" || path.starts_with("/public/") {
            Value::Null
        } else {
            json!([{ "bearer": [] }])
        };
        assert_eq!(operation.value["security"], expected, "{}", operation.name());
    }
}

#[test]
fn operations_that_the_contract_lacks_are_extensions_or_aliases() {
    let contract: BTreeSet<String> =
        operations(&contract()).iter().map(Operation::erased).collect();

    for operation in operations(&served()) {
        let tags = operation.value["tags"].as_array().unwrap().clone();
        let is_alias = operation.value["summary"].as_str().unwrap().contains("SDK alias");
        let is_extension = tags.contains(&json!("extension"));
        let is_known = contract.contains(&operation.erased());
        assert_eq!(!is_known, is_extension || is_alias, "{}", operation.name());
    }
}

#[test]
fn served_operations_have_every_part_of_the_contract() {
    let (contract, served) = (contract(), served());
    let own: BTreeMap<String, Operation> =
        operations(&served).into_iter().map(|it| (it.erased(), it)).collect();
    let mut agreement = Agreement::new(&contract, &served);

    let mut compared = 0;
    for asked in operations(&contract) {
        if let Some(own) = own.get(&asked.erased()) {
            agreement.compare(&asked, own);
            compared += 1;
        }
    }
    agreement.problems();

    assert!(compared >= 11, "{compared}");
    assert_eq!(agreement.gaps, [""; 0]);
}

#[test]
fn the_contract_s_operations_that_are_still_to_come_are_known() {
    let served: BTreeSet<String> = operations(&served()).iter().map(Operation::erased).collect();

    let missing = operations(&contract()).into_iter().filter(|it| !served.contains(&it.erased()));
    let missing: Vec<String> = missing.map(|operation| operation.name()).collect();

    insta::assert_snapshot!("still_to_come", missing.join("\n"));
}

#[test]
fn the_document_changes_only_when_it_is_meant_to() {
    insta::assert_json_snapshot!("document", served(), { ".info.version" => "[version]" });
}
