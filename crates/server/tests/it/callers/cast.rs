//! Who calls, with what, and what they are to get.

use axum::http::request::Builder;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::table::{Entry, Plane};
use crate::harness::{API_KEY, Server, sign};

/// A kind of caller. All name the same tenant, in the path or by `X-Tenant-ID`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Caller {
    /// Without a credential.
    Nobody,
    /// With a token that has expired.
    Expired,
    /// With something that is no token.
    Garbage,
    /// With a token that is signed with another secret.
    WrongSecret,
    /// With a token that says it need not be signed.
    Unsigned,
    /// With a token that names no person.
    Nameless,
    /// With a token that names no tenant.
    Stateless,
    /// A person of another tenant.
    ForeignMember,
    /// A person of the tenant.
    Member,
    /// An `admin` of the tenant.
    Admin,
    /// An `admin` of another tenant.
    ForeignAdmin,
    /// A `super_admin`, of another tenant.
    Super,
    /// A `super_admin` whose token names no tenant.
    StatelessSuper,
    /// A service with an API key.
    Key,
    /// A service that names no tenant in `X-Tenant-ID`.
    KeyAlone,
    /// A service with an API key that nobody knows.
    WrongKey,
}

/// `{"alg":"none"}`
const UNSIGNED: &str = "eyJhbGciOiJub25lIn0";

impl Caller {
    pub(super) const ALL: &[Self] = &[
        Self::Nobody,
        Self::Expired,
        Self::Garbage,
        Self::WrongSecret,
        Self::Unsigned,
        Self::Nameless,
        Self::Stateless,
        Self::ForeignMember,
        Self::Member,
        Self::Admin,
        Self::ForeignAdmin,
        Self::Super,
        Self::StatelessSuper,
        Self::Key,
        Self::KeyAlone,
        Self::WrongKey,
    ];

    /// The status that this caller is to get.
    pub(super) fn expected(self, entry: &Entry) -> u16 {
        use Plane::{
            Admin, AdminOfTenant, OfTenant, OfToken, Platform, Public, Service, ServiceFor,
        };
        match (entry.plane, self) {
            (OfTenant | OfToken, Self::Member) => entry.member.unwrap_or(entry.good),
            (Public, _)
            | (OfTenant | OfToken | AdminOfTenant | Admin, Self::Admin)
            | (AdminOfTenant | Admin | Platform, Self::Super | Self::StatelessSuper)
            | (Service | ServiceFor, Self::Key)
            | (Service, Self::KeyAlone) => entry.good,
            (ServiceFor, Self::KeyAlone) => 400,
            (Service | ServiceFor, _) => 401,
            (_, caller) if !caller.is_person() => 401,
            _ => 403,
        }
    }

    /// Whether it holds a good token.
    fn is_person(self) -> bool {
        use Caller::{
            Admin, ForeignAdmin, ForeignMember, Member, Stateless, StatelessSuper, Super,
        };
        let people = [Stateless, ForeignMember, Member, Admin, ForeignAdmin, Super, StatelessSuper];
        people.contains(&self)
    }

    /// Puts the credential on a request, and the tenant where the path does not say it.
    pub(super) fn sign(
        self,
        request: Builder,
        server: &Server,
        plane: Plane,
        tenant: &str,
    ) -> Builder {
        let says_tenant = !plane.path_begins_with_tenant() && self != Self::KeyAlone;
        let request = if says_tenant { request.header("x-tenant-id", tenant) } else { request };
        match self {
            Self::Key | Self::KeyAlone => request.header("x-api-key", API_KEY),
            Self::WrongKey => request.header("x-api-key", "an-api-key-that-nobody-knows"),
            Self::Nobody => request,
            _ => {
                let token = self.token(server, tenant);
                request.header("authorization", format!("Bearer {token}"))
            }
        }
    }

    fn token(self, server: &Server, tenant: &str) -> String {
        let now = server.now().as_second();
        let (own, role) = match self {
            Self::Stateless => (None, "member"),
            Self::ForeignMember => (Some("elsewhere"), "member"),
            Self::Admin => (Some(tenant), "admin"),
            Self::ForeignAdmin => (Some("elsewhere"), "admin"),
            Self::Super => (Some("platform"), "super_admin"),
            Self::StatelessSuper => (None, "super_admin"),
            _ => (Some(tenant), "member"),
        };
        let mut claims = json!({ "role": role, "exp": now + 3_600 });
        if self != Self::Nameless {
            claims["sub"] = json!("usr_1");
        }
        if let Some(own) = own {
            claims["tenant_id"] = json!(own);
        }
        match self {
            Self::Garbage => "garbage".to_owned(),
            Self::Expired => {
                claims["exp"] = json!(now - 31);
                sign(&claims)
            }
            Self::WrongSecret => signed_by_a_stranger(&claims),
            Self::Unsigned => unsigned(&sign(&claims)),
            _ => sign(&claims),
        }
    }
}

fn signed_by_a_stranger(claims: &Value) -> String {
    let key = EncodingKey::from_secret(b"another-secret-of-thirty-two-bytes-or-more");
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// The same claims, under a header that asks for no signature, without one.
fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    format!("{UNSIGNED}.{claims}.")
}
