//! The contract, the document that is served, and how their operations are matched.

use std::{collections::HashMap, fs, path::Path};

use countinghouse::router;
use jsonschema::Validator;
use serde_json::Value;

use super::Answer;

/// An operation of a document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// With the names of its parameters.
    pub(crate) template: String,
    pub(crate) value: Value,
}

/// Holds answers against the document that is served.
pub(crate) struct Documented {
    document: Value,
    validators: HashMap<String, Validator>,
}

/// The contract, as the platform publishes it.
pub(crate) fn contract() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/billing-api.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The document that is served.
pub(crate) fn served() -> Value {
    serde_json::from_str(&router::document().to_json().unwrap()).unwrap()
}

/// The operations of a document, by path and method.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, value) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            operations.push(Operation { method, template: template.clone(), value: value.clone() });
        }
    }
    operations.sort_by_key(Operation::name);
    operations
}

impl Operation {
    /// `GET /billing/plans`, with the names of the parameters.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// The same without the names, which two documents may choose differently.
    pub(crate) fn erased(&self) -> String {
        let mut erased = format!("{} ", self.method);
        let mut inside = false;
        for letter in self.template.chars() {
            inside = letter == '{' || (inside && letter != '}');
            if !inside || letter == '{' {
                erased.push(letter);
            }
        }
        erased
    }

    /// The names of the path's parameters, in order.
    pub(crate) fn path_parameters(&self) -> Vec<&str> {
        let names = self.template.split('{').skip(1);
        names.map(|rest| rest.split_once('}').unwrap().0).collect()
    }
}

impl Documented {
    pub(crate) fn new() -> Self {
        Self { document: served(), validators: HashMap::new() }
    }

    /// What an answer says that the document does not: a status, a type, a body.
    pub(crate) fn undocumented(&mut self, operation: &Operation, answer: &Answer) -> Vec<String> {
        let status = answer.status.as_str();
        let Some(response) = operation.value["responses"].get(status) else {
            return vec![format!("status {status}")];
        };
        let kind = answer.headers.get("content-type").map(|kind| kind.to_str().unwrap());
        let Some(kind) = kind else {
            return if answer.text.is_empty() { Vec::new() } else { vec!["a body".to_owned()] };
        };
        let Some(content) = response["content"].get(kind) else {
            return vec![format!("type {kind} of {status}")];
        };
        if !kind.ends_with("json") {
            return Vec::new();
        }
        let schema = &content["schema"];
        let validator = self.validators.entry(schema.to_string()).or_insert_with(|| {
            let mut whole = schema.clone();
            whole["components"] = self.document["components"].clone();
            jsonschema::draft202012::new(&whole).unwrap()
        });
        let body = answer.json();
        let faults = validator.iter_errors(&body);
        faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    }
}

#[test]
fn templates_are_the_same_whatever_their_parameters_are_called() {
    let operation = |template: &str| Operation {
        method: "GET".to_owned(),
        template: template.to_owned(),
        value: Value::Null,
    };

    let one = operation("/a/{b}/c/{d}");
    let other = operation("/a/{x}/c/{yy}");

    assert_eq!(one.erased(), "GET /a/{}/c/{}");
    assert_eq!(one.erased(), other.erased());
    assert_eq!(other.path_parameters(), ["x", "yy"]);
}
