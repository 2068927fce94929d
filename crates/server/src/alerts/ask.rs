//! What it takes to make an alert, and to change one.

use countinghouse_core::{
    id::{AppId, UsageAlertId},
    metering::{AlertChange, Channels, Resource, Threshold},
};
use utoipa::ToSchema;

use crate::http::{
    body::Body,
    fields::{Broken, Name, Parsed, Read, Text, Value, Whole, Word},
    path::Path as PathParameters,
    problem::ApiError,
};

/// The longest name of an alert, in letters.
const NAME_MAX: usize = 200;

/// What a status may be set to, and whether that silences the alert. It is triggered by firing.
const SETTABLE: Word<bool> = Word(&[("active", false), ("silenced", true)]);

/// A new alert.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct CreateAlertBody {
    /// The app to watch; without one, all of the tenant's together.
    #[schema(example = "app_001", pattern = r"^(?!\.{1,2}$)[!-.0-~]+$", max_length = 128)]
    app_id: Option<String>,
    /// What people call it.
    #[schema(example = "API call volume alert", min_length = 1, max_length = 200, pattern = r"\S")]
    name: String,
    /// The resource to watch: one that every tenant has, or one that the app has a price for.
    #[schema(example = "api_calls", pattern = "^[a-z][a-z0-9_.-]{0,63}$")]
    resource_type: String,
    /// Per cent of the limit at which it fires, a whole number.
    #[schema(example = 80, minimum = 1, maximum = 100)]
    threshold_percent: i64,
    /// A comma list out of `email`, `sms`, `in_app` and `webhook`, none of them twice.
    #[schema(
        example = "email,in_app",
        pattern = "^(?!.*email.*email)(?!.*sms.*sms)(?!.*in_app.*in_app)(?!.*webhook.*webhook) *(email|sms|in_app|webhook) *(, *(email|sms|in_app|webhook) *){0,3}$"
    )]
    notification_channels: String,
}

/// What is to change of an alert. What is absent stays, and so does the app.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which is read member by member")]
pub(super) struct ChangeAlertBody {
    /// What people call it.
    #[schema(example = "Many API calls", min_length = 1, max_length = 200, pattern = r"\S")]
    name: Option<String>,
    /// The resource to watch.
    #[schema(example = "api_calls", pattern = "^[a-z][a-z0-9_.-]{0,63}$")]
    resource_type: Option<String>,
    /// Per cent of the limit at which it fires, a whole number.
    #[schema(example = 90, minimum = 1, maximum = 100)]
    threshold_percent: Option<i64>,
    /// A comma list out of `email`, `sms`, `in_app` and `webhook`, none of them twice.
    #[schema(
        example = "email,in_app",
        pattern = "^(?!.*email.*email)(?!.*sms.*sms)(?!.*in_app.*in_app)(?!.*webhook.*webhook) *(email|sms|in_app|webhook) *(, *(email|sms|in_app|webhook) *){0,3}$"
    )]
    notification_channels: Option<String>,
    /// `active` or `silenced`; only firing makes it `triggered`.
    #[schema(example = "silenced", pattern = "^(active|silenced)$")]
    status: Option<String>,
}

/// What a new alert is to be.
#[derive(Clone, Debug)]
pub(super) struct NewAlert {
    pub(super) app: Option<AppId>,
    pub(super) name: String,
    pub(super) resource: Resource,
    pub(super) threshold: Threshold,
    pub(super) channels: Channels,
}

/// Reads per cent of a limit.
#[derive(Clone, Copy, Debug)]
struct Percent;

impl Read for Percent {
    type Out = Threshold;

    fn read(self, value: Value<'_>) -> Result<Threshold, Broken> {
        let percent = Whole(Threshold::LEAST..=Threshold::MOST).read(value)?;
        Threshold::new(percent).map_err(|error| Broken::new("out_of_range", error.to_string()))
    }
}

/// Reads a new alert.
pub(super) fn new(body: &Body) -> Result<NewAlert, ApiError> {
    let mut fields = body.fields()?;
    let app = fields.optional("app_id", Parsed(AppId::parse));
    let name = fields.required("name", Name(NAME_MAX));
    let resource = fields.required("resource_type", Parsed(Resource::parse));
    let threshold = fields.required("threshold_percent", Percent);
    let channels = fields.required("notification_channels", Parsed(Channels::parse));
    let (name, resource, threshold, channels) =
        fields.finish((name, resource, threshold, channels))?;
    Ok(NewAlert { app, name, resource, threshold, channels })
}

/// Reads what is to change.
pub(super) fn change(body: &Body) -> Result<AlertChange, ApiError> {
    let mut fields = body.fields()?;
    let change = AlertChange {
        name: fields.optional("name", Name(NAME_MAX)),
        resource: fields.optional("resource_type", Parsed(Resource::parse)),
        threshold: fields.optional("threshold_percent", Percent),
        channels: fields.optional("notification_channels", Parsed(Channels::parse)),
        silenced: fields.optional("status", SETTABLE),
    };
    fields.finish(())?;
    Ok(change)
}

/// The alert that the path names; a text that is no id names none.
pub(super) fn id(path: &PathParameters) -> Result<UsageAlertId, ApiError> {
    let text = path.read("alert_id", Text(usize::MAX))?;
    text.parse().map_err(|_| not_found(text))
}

/// There is no such alert.
pub(super) fn not_found(id: impl Into<String>) -> ApiError {
    ApiError::NotFound { kind: "usage alert", id: id.into() }
}
