//! What every operation of the OpenAPI document says alike, and what annotations can't say.
//!
//! Parameters that operations share are described here once, and members of answers that are left
//! out when there is nothing to say are not called null. What is said of one operation only stands
//! with its handler.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use utoipa::{
    Number,
    openapi::{
        Content, Object, OpenApi as Document, RefOr,
        path::{Operation, Parameter, PathItem},
        schema::{KnownFormat, Schema, SchemaFormat, SchemaType, Type},
    },
};

use super::{idempotency::KEY_MAX, paging::PAGE_SIZE_DEFAULT};

/// What an id that a caller chose looks like.
const ID: &str = r"^(?!\.{1,2}$)[!-.0-~]+$";

/// The most characters of such an id.
const ID_MAX: usize = 128;

/// Completes a document that was gathered from annotations.
pub fn complete(document: &mut Document) {
    let mut sent = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    describe(parameter);
                }
            }
            sent.extend(schema_sent(operation));
        }
    }
    leave_out_absent_members(document, sent);
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Says of a shared parameter what it may be. None is ever null.
fn describe(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else { return };
    only_type(&mut schema.schema_type);
    match parameter.name.as_str() {
        "tenant_id" | "app_id" | "record_id" | "X-Tenant-ID" => bound(schema, ID, ID_MAX),
        "Idempotency-Key" => {
            bound(schema, "^[!-~]+$", KEY_MAX);
            schema.example = Some(json!("change-2026-05-12-001"));
        }
        "If-Match" => {
            schema.pattern =
                Some(r#"^(\*|(W/)?"[^"\x00-\x20]*"(\s*,\s*(W/)?"[^"\x00-\x20]*")*)$"#.to_owned());
            schema.example = Some(json!("\"0f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e\""));
        }
        "page" => from_one(schema, json!(1)),
        "page_size" => {
            from_one(schema, json!(PAGE_SIZE_DEFAULT));
            // However large a number is, it is the largest size.
            schema.format = None;
        }
        "cursor" => {
            schema.pattern = Some("^[0-9a-f]{28}$".to_owned());
            schema.example = Some(json!("0000000000000fa0a1b2c3d4e5f6"));
        }
        "as_of" => schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)),
        _ => (),
    }
}

fn bound(schema: &mut Object, pattern: &str, most: usize) {
    schema.pattern = Some(pattern.to_owned());
    schema.min_length = Some(1);
    schema.max_length = Some(most);
}

fn from_one(schema: &mut Object, default: Value) {
    schema.minimum = Some(Number::Int(1));
    schema.example = Some(default.clone());
    schema.default = Some(default);
}

/// The name of the schema of what is sent to an operation.
fn schema_sent(operation: &Operation) -> Option<String> {
    let Some(RefOr::T(body)) = &operation.request_body else { return None };
    body.content.values().find_map(|content| match content {
        RefOr::T(Content { schema: Some(schema), .. }) => name(schema),
        _ => None,
    })
}

/// The name of the schema that is referred to.
fn name(schema: &RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::Ref(to) => to.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    }
}

/// A member that may be absent from an answer is absent then, and never null. In a request, null
/// is the same as absent.
fn leave_out_absent_members(document: &mut Document, mut sent: BTreeSet<String>) {
    let Some(components) = &mut document.components else { return };
    let mut waiting: Vec<String> = sent.iter().cloned().collect();
    while let Some(next) = waiting.pop() {
        let Some(RefOr::T(schema)) = components.schemas.get(&next) else { continue };
        let new = inside(schema).into_iter().filter(|name| sent.insert(name.clone()));
        waiting.extend(new);
    }
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(schema)) = schema
            && !sent.contains(name)
        {
            let Object { properties, required, .. } = schema;
            let absent = properties.iter_mut().filter(|(member, _)| !required.contains(member));
            absent.for_each(|(_, schema)| without_null(schema));
        }
    }
}

/// The names of the schemas that a schema refers to.
fn inside(schema: &Schema) -> Vec<String> {
    let parts: Vec<&RefOr<Schema>> = match schema {
        Schema::Object(object) => object.properties.values().collect(),
        Schema::OneOf(one) => one.items.iter().collect(),
        Schema::AllOf(all) => all.items.iter().collect(),
        Schema::AnyOf(any) => any.items.iter().collect(),
        Schema::Array(array) => match &array.items {
            utoipa::openapi::schema::ArrayItems::RefOrSchema(items) => vec![&**items],
            utoipa::openapi::schema::ArrayItems::False => Vec::new(),
        },
        _ => Vec::new(),
    };
    let names = parts.into_iter().flat_map(|part| match part {
        RefOr::T(schema) => inside(schema),
        RefOr::Ref(_) => name(part).into_iter().collect(),
    });
    names.collect()
}

/// The same schema, without null.
fn without_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => only_type(&mut object.schema_type),
        RefOr::T(Schema::Array(array)) => only_type(&mut array.schema_type),
        RefOr::T(Schema::OneOf(one)) => {
            one.items.retain(|item| !is_null(item));
            if let [only] = &mut one.items[..] {
                let description = one.description.take();
                let mut only = only.clone();
                if let (RefOr::Ref(to), Some(description)) = (&mut only, description) {
                    to.description = description;
                }
                *schema = only;
            }
        }
        _ => (),
    }
}

fn only_type(schema_type: &mut SchemaType) {
    if let SchemaType::Array(types) = schema_type {
        types.retain(|one| *one != Type::Null);
        if let [only] = &types[..] {
            *schema_type = SchemaType::Type(only.clone());
        }
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

#[cfg(test)]
mod tests {
    use utoipa::{OpenApi, ToSchema};

    use super::*;

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Inner {
        a: Option<String>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Asked {
        a: Option<String>,
        inner: Option<Inner>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Told {
        a: Option<String>,
        /// What is inside.
        other: Option<Other>,
        list: Option<Vec<String>>,
        #[schema(required = true)]
        cursor: Option<String>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Other {
        a: Option<i64>,
    }

    #[utoipa::path(
        post,
        path = "/a/{tenant_id}",
        params(("tenant_id" = String, Path), ("page" = Option<i64>, Query)),
        request_body = Asked,
        responses((status = 200, body = Told, description = "")),
    )]
    #[expect(dead_code, reason = "only its annotation is of interest")]
    fn operation() {}

    #[derive(OpenApi)]
    #[openapi(paths(operation))]
    struct Document;

    fn completed() -> Value {
        let mut document = Document::openapi();
        complete(&mut document);
        serde_json::to_value(document).expect("it can be written")
    }

    #[test]
    fn an_absent_member_is_null_in_a_request_only() {
        let document = completed();

        let of = |schema: &str, member: &str| {
            document["components"]["schemas"][schema]["properties"][member].clone()
        };
        assert_eq!(of("Asked", "a")["type"], json!(["string", "null"]));
        assert_eq!(of("Inner", "a")["type"], json!(["string", "null"]));
        assert_eq!(of("Told", "a")["type"], "string");
        assert_eq!(of("Told", "list")["type"], "array");
        assert_eq!(of("Told", "cursor")["type"], json!(["string", "null"]));
        assert_eq!(of("Told", "other")["$ref"], "#/components/schemas/Other");
        assert_eq!(of("Told", "other")["description"], "What is inside.");
        assert_eq!(of("Other", "a")["type"], "integer");
    }

    #[test]
    fn shared_parameters_say_what_they_may_be() {
        let document = completed();

        let parameters = &document["paths"]["/a/{tenant_id}"]["post"]["parameters"];
        assert_eq!(parameters[0]["schema"]["maxLength"], ID_MAX);
        assert_eq!(parameters[1]["schema"]["type"], "integer");
        assert_eq!(parameters[1]["schema"]["minimum"], 1);
        assert_eq!(parameters[1]["schema"]["default"], 1);
    }
}
