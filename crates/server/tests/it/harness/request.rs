//! Requests and answers.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{API_KEY, BASE, SECRET, Server};

/// Who sends a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who<'a> {
    Nobody,
    /// A person of a tenant, with a role.
    Person {
        tenant: &'a str,
        user: &'a str,
        role: &'a str,
    },
    /// A person whose token names no tenant.
    Stateless {
        user: &'a str,
        role: &'a str,
    },
    /// Another service, about a tenant.
    Service {
        tenant: Option<&'a str>,
    },
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

/// Signs claims with the secret of the tests.
pub(crate) fn sign(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

impl Who<'static> {
    pub(crate) const MEMBER: Self = Self::Person { tenant: "acme", user: "usr_m", role: "member" };
    pub(crate) const ADMIN: Self = Self::Person { tenant: "acme", user: "usr_a", role: "admin" };
    pub(crate) const SUPER: Self =
        Self::Person { tenant: "platform", user: "usr_s", role: "super_admin" };
    pub(crate) const SERVICE: Self = Self::Service { tenant: Some("acme") };
}

impl Answer {
    /// The body as JSON. Numbers keep their text only as far as tests need it.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A member of the body, by JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    /// The answer, if it has that status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The names of the fields that a problem complains about.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.at("/errors");
        let errors = errors.as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}

impl Server {
    pub(crate) async fn get(&self, who: Who<'_>, path: &str) -> Answer {
        self.send(self.request(Method::GET, who, path), None).await
    }

    pub(crate) async fn post(&self, who: Who<'_>, path: &str, body: Value) -> Answer {
        self.call(Method::POST, who, path, body).await
    }

    pub(crate) async fn put(&self, who: Who<'_>, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, who, path, body).await
    }

    /// Sends a body by any method.
    pub(crate) async fn call(
        &self,
        method: Method,
        who: Who<'_>,
        path: &str,
        body: Value,
    ) -> Answer {
        self.send(self.request(method, who, path), Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, who: Who<'_>, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, who, path), None).await
    }

    /// Posts under an idempotency key.
    pub(crate) async fn post_once(
        &self,
        who: Who<'_>,
        key: &str,
        path: &str,
        body: Value,
    ) -> Answer {
        let request = self.request(Method::POST, who, path).header("idempotency-key", key);
        self.send(request, Some(body.to_string())).await
    }

    /// A request by `who`, to be completed.
    pub(crate) fn request(
        &self,
        method: Method,
        who: Who<'_>,
        path: &str,
    ) -> axum::http::request::Builder {
        let uri = if path.starts_with("/root") {
            path.trim_start_matches("/root").to_owned()
        } else {
            format!("{BASE}{path}")
        };
        let request = Request::builder().method(method).uri(uri);
        match who {
            Who::Nobody => request,
            Who::Person { tenant, user, role } => {
                let claims = json!({ "sub": user, "tenant_id": tenant, "role": role });
                request.header("authorization", format!("Bearer {}", self.token(claims)))
            }
            Who::Stateless { user, role } => {
                let claims = json!({ "sub": user, "role": role });
                request.header("authorization", format!("Bearer {}", self.token(claims)))
            }
            Who::Service { tenant } => {
                let request = request.header("x-api-key", API_KEY);
                match tenant {
                    Some(tenant) => request.header("x-tenant-id", tenant),
                    None => request,
                }
            }
        }
    }

    /// Signs claims, good for an hour by the test's clock.
    pub(crate) fn token(&self, mut claims: Value) -> String {
        claims["exp"] = json!(self.now().as_second() + 3_600);
        sign(&claims)
    }

    pub(crate) async fn send(
        &self,
        request: axum::http::request::Builder,
        body: Option<String>,
    ) -> Answer {
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body)),
            None => request.body(Body::empty()),
        };
        self.answer(request.unwrap()).await
    }

    /// The answer to a request as it is.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, text, bytes: body.to_vec() }
    }
}
