//! The contract, the document that is served, and how their operations are matched.

use std::{fs, path::Path};

use countinghouse::router;
use serde_json::Value;

/// An operation of a document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// With the names of its parameters.
    pub(crate) template: String,
    pub(crate) value: Value,
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
