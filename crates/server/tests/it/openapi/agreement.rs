//! Whether what is served has every part of the contract.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::contract::Operation;

/// Members of the contract that are not served, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("problem.errors[].value", "what was sent may be a secret, and its sender has it"),
    ("problem.i18n_args", "the platform's gateway translates, by `code`"),
    ("problem.i18n_key", "the platform's gateway translates, by `code`"),
    ("problem.span_id", "spans are the tracer's; `trace_id` leads to them"),
];

/// Two documents, and what the second lacks of the first.
pub(super) struct Agreement<'a> {
    contract: &'a Value,
    served: &'a Value,
    pub(super) gaps: Vec<String>,
}

/// Who writes a body, and so who may ask more of it.
#[derive(Clone, Copy, PartialEq)]
enum Writer {
    Caller,
    Service,
}

impl<'a> Agreement<'a> {
    pub(super) fn new(contract: &'a Value, served: &'a Value) -> Self {
        Self { contract, served, gaps: Vec::new() }
    }

    /// Compares an operation: parameters, body, answers.
    pub(super) fn compare(&mut self, asked: &Operation, own: &Operation) {
        let name = asked.name();
        self.parameters(&name, &asked.value, &own.value);
        let (asked, own) = (&asked.value, &own.value);
        if asked.get("requestBody").is_some() {
            let [of_contract, of_served] = [asked, own]
                .map(|it| it["requestBody"]["content"]["application/json"]["schema"].clone());
            self.schema(&format!("{name} body"), &of_contract, &of_served, Writer::Caller);
        }
        for (status, response) in asked["responses"].as_object().unwrap() {
            let Some(answer) = own["responses"].get(status) else {
                self.gaps.push(format!("{name}: no {status}"));
                continue;
            };
            for (kind, content) in response["content"].as_object().into_iter().flatten() {
                let Some(own) = answer["content"].get(kind) else {
                    self.gaps.push(format!("{name}: {status} is not {kind}"));
                    continue;
                };
                if status.starts_with('2') {
                    let place = format!("{name} {status}");
                    self.schema(&place, &content["schema"], &own["schema"], Writer::Service);
                }
            }
        }
    }

    /// Compares the body of every error.
    pub(super) fn problems(&mut self) {
        let [of_contract, of_served] =
            [self.contract, self.served].map(|it| it["components"]["schemas"]["Problem"].clone());
        self.schema("problem", &of_contract, &of_served, Writer::Service);
    }

    fn parameters(&mut self, name: &str, asked: &Value, own: &Value) {
        let list = |it: &Value| it["parameters"].as_array().cloned().unwrap_or_default();
        let own = list(own);
        for parameter in list(asked).iter().filter(|parameter| parameter["in"] != "path") {
            let same = |it: &&Value| it["name"] == parameter["name"] && it["in"] == parameter["in"];
            let Some(own) = own.iter().find(same) else {
                self.gaps.push(format!("{name}: no parameter {}", parameter["name"]));
                continue;
            };
            if own["required"] != parameter["required"] {
                self.gaps
                    .push(format!("{name}: {} required {}", parameter["name"], own["required"]));
            }
            let place = format!("{name} {}", parameter["name"]);
            self.schema(&place, &parameter["schema"], &own["schema"], Writer::Caller);
        }
    }

    fn schema(&mut self, place: &str, asked: &Value, own: &Value, writer: Writer) {
        let asked = resolved(self.contract, asked);
        let own = resolved(self.served, own);
        self.types(place, &asked, &own, writer);
        let required = |it: &Value| -> BTreeSet<String> {
            let names = it["required"].as_array().into_iter().flatten();
            names.map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        let (must, does) = match writer {
            Writer::Service => (required(&asked), required(&own)),
            Writer::Caller => (required(&own), required(&asked)),
        };
        for name in must.difference(&does).filter(|name| own["properties"].get(*name).is_some()) {
            self.gaps.push(format!("{place}.{name}: required by one side only"));
        }
        for (name, member) in asked["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            match own["properties"].get(name) {
                Some(own) => self.schema(&place, member, own, writer),
                None if LEFT_OUT.iter().any(|(known, _)| *known == place) => (),
                None => self.gaps.push(format!("{place}: missing")),
            }
        }
        if let Some(items) = asked.get("items") {
            self.schema(&format!("{place}[]"), items, &own["items"], writer);
        }
    }

    /// A caller may send every type of the contract; the service answers no other.
    fn types(&mut self, place: &str, asked: &Value, own: &Value, writer: Writer) {
        let (mut asked, own) = (types(asked), types(own));
        if writer == Writer::Caller {
            asked
                .extend(own.iter().filter(|it| ["null", "string"].contains(&it.as_str())).cloned());
        }
        if asked != own && !asked.is_empty() {
            self.gaps.push(format!("{place}: {own:?}, not {asked:?}"));
        }
    }
}

/// The types that a schema lets through.
fn types(schema: &Value) -> BTreeSet<String> {
    let mut types: BTreeSet<String> = match &schema["type"] {
        Value::String(one) => [one.clone()].into(),
        Value::Array(several) => several.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
        _ => BTreeSet::new(),
    };
    if schema["nullable"] == true {
        types.insert("null".to_owned());
    }
    types
}

/// A schema itself, where it is only referred to. One that may be null besides keeps that.
fn resolved(document: &Value, schema: &Value) -> Value {
    if let Some(to) = schema["$ref"].as_str() {
        let found = document.pointer(to.trim_start_matches('#')).unwrap();
        return resolved(document, found);
    }
    let Some(options) = schema["oneOf"].as_array() else { return schema.clone() };
    let (null, others): (Vec<_>, Vec<_>) = options.iter().partition(|it| it["type"] == "null");
    let [only] = &others[..] else { return schema.clone() };
    let mut only = resolved(document, only);
    if !null.is_empty() {
        only["nullable"] = Value::Bool(true);
    }
    only
}

#[test]
fn every_kind_of_gap_is_noticed() {
    let document = |operation: Value| {
        serde_json::json!({
            "paths": { "/a": { "post": operation } },
            "components": { "schemas": { "B": { "type": "object", "properties": {
                "c": { "type": "number" }, "d": { "type": "string" } } } } },
        })
    };
    let body = |schema: Value| serde_json::json!({ "content": { "application/json": { "schema": schema } } });
    let contract = document(serde_json::json!({
        "parameters": [{ "name": "p", "in": "query", "required": false, "schema": { "type": "string" } }],
        "requestBody": body(serde_json::json!({ "$ref": "#/components/schemas/B" })),
        "responses": { "201": body(serde_json::json!({ "$ref": "#/components/schemas/B" })), "404": {} },
    }));
    let own = document(serde_json::json!({
        "requestBody": body(serde_json::json!({ "type": "object", "required": ["d"], "properties": {
            "c": { "type": ["number", "string", "null"] }, "d": { "type": "string" } } })),
        "responses": { "201": body(serde_json::json!({ "type": "object", "properties": {
            "c": { "type": ["number", "null"] } } })) },
    }));
    let operation = |document: &Value| crate::harness::contract::operations(document).remove(0);

    let mut agreement = Agreement::new(&contract, &own);
    agreement.compare(&operation(&contract), &operation(&own));

    let expected = [
        "POST /a: no parameter \"p\"",
        "POST /a body.d: required by one side only",
        "POST /a 201.c: {\"null\", \"number\"}, not {\"number\"}",
        "POST /a 201.d: missing",
        "POST /a: no 404",
    ];
    assert_eq!(agreement.gaps, expected);
}
