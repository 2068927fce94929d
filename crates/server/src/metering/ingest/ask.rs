//! What it takes to report usage: one event, batches, lines, and `CloudEvents`.

use countinghouse_core::{
    calendar::Instant,
    id::AppId,
    metering::{AMOUNT_MAX, EVENT_ID_MAX, Event, EventKey, Resource},
};
use utoipa::ToSchema;

use super::report::Sent;
use crate::{
    env::Env,
    http::{
        body::{Body, Feed},
        fields::{Fields, Name, Parsed, Text, Whole},
        json::{self, Object},
        problem::{ApiError, FieldViolation},
    },
};

/// The most events of a batch.
pub(super) const BATCH_MAX: usize = 10_000;

/// The one version of `CloudEvents` that is spoken.
const SPEC_VERSION: &str = "1.0";

/// The longest `source` of a `CloudEvent`, in letters.
pub(super) const SOURCE_MAX: usize = 500;

/// A report that something was used. A `CloudEvent` 1.0 will do too.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ReportBody {
    /// What was used: `api_calls`, `storage`, `bandwidth`, `users`, `sms`, `email`, `login_attempts`,
    /// `failed_logins`, `mfa_verifications`, or what the app has a price for.
    #[schema(example = "api_calls", min_length = 1, max_length = 64)]
    resource_type: String,
    /// How much, from 1; of a level (`storage` in bytes, `users`) how much there is from then on.
    #[schema(example = 1000, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    amount: i64,
    /// The app that used it.
    #[schema(example = "app_001", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    app_id: Option<String>,
    /// What the sender calls the event. One of an id counts once, for ever.
    #[schema(example = "evt_8f1c", min_length = 1, max_length = 255)]
    event_id: Option<String>,
    /// When, RFC 3339; now if absent. At most 5 minutes ahead, and 366 days ago.
    #[schema(example = "2026-05-12T10:00:00Z", format = DateTime)]
    occurred_at: Option<String>,
}

/// A batch of reports. `application/x-ndjson` with an event a line, and `CloudEvents` 1.0, one or a
/// batch of them, will do too.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct BatchBody {
    /// The events, 1 to 10,000, each with its `event_id`.
    #[schema(min_items = 1, max_items = 10_000)]
    events: Vec<ReportBody>,
}

/// Reads a report of one event.
pub(super) fn one(body: &Body, env: &Env) -> Result<Sent, ApiError> {
    let mut fields = body.fields()?;
    if fields.has("specversion") {
        let (id, event) = cloud_event(&mut fields);
        let (event,) = fields.finish((event,))?;
        return Ok(Sent { id, event: Ok(event) });
    }
    let id = fields.optional("event_id", Name(EVENT_ID_MAX));
    let key = id.as_deref().map_or_else(|| EventKey::unnamed(env.ids.bytes()), EventKey::of_id);
    let event = event(&mut fields, key);
    let (event,) = fields.finish((event,))?;
    Ok(Sent { id, event: Ok(event) })
}

/// Reads a batch. What is wrong with an event is told of it alone.
pub(super) fn batch(feed: &Feed) -> Result<Vec<Sent>, ApiError> {
    if feed.has_lines {
        return lines(feed.body.bytes());
    }
    let bytes = feed.body.bytes();
    if bytes.trim_ascii_start().starts_with(b"[") {
        let objects = json::objects(bytes)
            .map_err(|fault| ApiError::invalid("body", "malformed", format!("the body {fault}")))?;
        counted(objects.len())?;
        return Ok(objects.into_iter().map(|it| of_object(it, "must be an object")).collect());
    }
    let mut fields = feed.body.fields()?;
    if fields.has("specversion") {
        return Ok(vec![of_fields(fields)]);
    }
    let entries = fields.objects("events", 1..=BATCH_MAX);
    fields.finish(())?;
    Ok(entries.into_iter().map(of_fields).collect())
}

/// Reads an event a line; empty lines are none.
fn lines(bytes: &[u8]) -> Result<Vec<Sent>, ApiError> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<(usize, &[u8])> = (1..).zip(lines).filter(|(_, it)| !it.is_empty()).collect();
    counted(lines.len())?;
    let read = |(number, line)| match Object::parse(line) {
        Ok(object) => of_object(Some(object), ""),
        Err(fault) => Sent { id: None, event: Err(format!("line {number}: {fault}")) },
    };
    Ok(lines.into_iter().map(read).collect())
}

fn counted(events: usize) -> Result<(), ApiError> {
    if (1..=BATCH_MAX).contains(&events) {
        return Ok(());
    }
    let rule = format!("must have 1 to {BATCH_MAX} events");
    Err(ApiError::invalid("body", "out_of_range", rule))
}

fn of_object(object: Option<Object<'_>>, fault: &str) -> Sent {
    match object {
        Some(object) => of_fields(Fields::of_body(object)),
        None => Sent { id: None, event: Err(fault.to_owned()) },
    }
}

/// Reads an event of a batch.
fn of_fields(mut fields: Fields<'_>) -> Sent {
    let (id, event) = if fields.has("specversion") {
        cloud_event(&mut fields)
    } else {
        let id = fields.required("event_id", Name(EVENT_ID_MAX));
        let key = EventKey::of_id(id.as_deref().unwrap_or_default());
        let event = event(&mut fields, key);
        (id, event)
    };
    let event = match event {
        Some(event) if fields.violations().is_empty() => Ok(event),
        _ => Err(in_words(fields.violations())),
    };
    Sent { id, event }
}

/// Reads the event itself.
fn event(fields: &mut Fields<'_>, key: EventKey) -> Option<Event> {
    let resource = fields.required("resource_type", Parsed(Resource::parse));
    let amount = fields.required("amount", Whole(1..=AMOUNT_MAX));
    let app = fields.optional("app_id", Parsed(AppId::parse));
    let occurred_at = fields.optional("occurred_at", Parsed(Instant::parse));
    Some(Event { key, app, resource: resource?, amount: amount?, occurred_at })
}

/// Reads a `CloudEvent`: its id and `source` say which event it is, `time` when it occurred; its data has
/// `resource_type` (the `type` if absent), `amount` (1 if absent) and `app_id`.
fn cloud_event(fields: &mut Fields<'_>) -> (Option<String>, Option<Event>) {
    let version = fields.required("specversion", Text(8));
    if version.is_some_and(|version| version != SPEC_VERSION) {
        fields.violate("specversion", "unknown", "must be 1.0");
    }
    let id = fields.required("id", Name(EVENT_ID_MAX));
    let source = fields.required("source", Name(SOURCE_MAX));
    let kind = fields.required("type", Name(EVENT_ID_MAX));
    let occurred_at = fields.optional("time", Parsed(Instant::parse));
    if fields.has("data_base64") {
        fields.violate("data_base64", "unknown", "must be sent as JSON in `data`");
    }
    let (mut named, mut amount, mut app) = (None, None, None);
    if let Some(mut data) = fields.object("data") {
        named = data.optional("resource_type", Parsed(Resource::parse));
        amount = data.optional("amount", Whole(1..=AMOUNT_MAX));
        app = data.optional("app_id", Parsed(AppId::parse));
        fields.absorb(data);
    }
    let resource = named.or_else(|| {
        let of_type = Resource::parse(kind.as_deref()?).ok();
        if of_type.is_none() {
            let rule = "must name a resource, unless `data.resource_type` does";
            fields.violate("type", "invalid", rule);
        }
        of_type
    });
    let key = id.as_deref().zip(source.as_deref());
    let key = key.map(|(id, source)| EventKey::of_source(source, id));
    let event = key.zip(resource).map(|(key, resource)| Event {
        key,
        app,
        resource,
        amount: amount.unwrap_or(1),
        occurred_at,
    });
    (id, event)
}

/// What is wrong with an event, in words.
fn in_words(violations: &[FieldViolation]) -> String {
    let one = |it: &FieldViolation| {
        let field = it.field.rsplit_once("].").map_or(&*it.field, |(_, name)| name);
        format!("{field}: {}", it.description)
    };
    violations.iter().map(one).collect::<Vec<_>>().join("; ")
}
