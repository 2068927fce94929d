//! Examples: every member has one, and together they are a body that its schema takes.

use serde_json::{Map, Value, json};

use crate::harness::contract::{Operation, operations, served};

/// An example of a schema, put together from those of its members; the places without one are told.
fn example(document: &Value, schema: &Value, place: &str, bare: &mut Vec<String>) -> Value {
    if let Some(example) = schema.get("example").or(schema["examples"].get(0)) {
        return example.clone();
    }
    if let Some(to) = schema["$ref"].as_str() {
        let found = document.pointer(to.trim_start_matches('#')).unwrap();
        return example(document, found, place, bare);
    }
    if let Some(members) = schema["properties"].as_object() {
        let members = members.iter().map(|(name, member)| {
            (name.clone(), example(document, member, &format!("{place}.{name}"), bare))
        });
        return Value::Object(members.collect::<Map<_, _>>());
    }
    if let Some(items) = schema.get("items") {
        return json!([example(document, items, &format!("{place}[]"), bare)]);
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let mut options = schema[choice].as_array().into_iter().flatten();
        if let Some(option) = options.rfind(|option| option["type"] != "null") {
            return example(document, option, place, bare);
        }
    }
    bare.push(place.to_owned());
    Value::Null
}

/// The schemas of what an operation takes and gives.
fn schemas(operation: &Operation) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let bodies = std::iter::once(("body", &operation.value["requestBody"]));
    let responses = operation.value["responses"].as_object().unwrap();
    let responses = responses.iter().map(|(status, response)| (status.as_str(), response));
    for (place, holder) in bodies.chain(responses) {
        for content in holder["content"].as_object().into_iter().flat_map(Map::values) {
            found.push((format!("{} {place}", operation.name()), content["schema"].clone()));
        }
    }
    found
}

#[test]
fn every_member_has_an_example_and_the_whole_is_a_good_body() {
    let document = served();
    let mut bare = Vec::new();

    for operation in operations(&document) {
        for (place, schema) in schemas(&operation) {
            let body = example(&document, &schema, &place, &mut bare);
            let mut whole = schema.clone();
            whole["components"] = document["components"].clone();
            let validator = jsonschema::draft202012::new(&whole).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(&body).map(|fault| format!("{fault}")).collect();
            assert!(bare.is_empty() && faults.is_empty(), "{place}: {bare:?} {faults:?} {body}");
        }
    }
}

#[test]
fn a_member_without_an_example_is_noticed() {
    let document = json!({ "components": { "schemas": { "A": { "properties": { "b": {} } } } } });
    let mut bare = Vec::new();

    let schema = json!({ "type": "array", "items": { "$ref": "#/components/schemas/A" } });
    let body = example(&document, &schema, "here", &mut bare);

    assert_eq!(body, json!([{ "b": null }]));
    assert_eq!(bare, ["here[].b"]);
}
