//! What a demo prints: where it is, who may call, and what to try.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use secrecy::ExposeSecret as _;

use super::{API_KEY, SECRET};
use crate::{
    cli::{Failure, token},
    config::Settings,
    http::bases::BASES,
    router,
};

/// How long the tokens are good for.
const TOKEN_TTL: Duration = Duration::from_hours(30 * 24);

/// How many commands are shown.
const COMMANDS: usize = 5;

/// What is printed once the service listens.
pub(super) struct Guide<'a> {
    settings: &'a Settings,
    tenant: &'a str,
    member: String,
    admin: String,
    super_admin: String,
}

/// A call to try.
struct Try<'a> {
    what: &'static str,
    /// The operation, as the OpenAPI document names it.
    operation: &'static str,
    caller: Caller<'a>,
    method: &'static str,
    /// What follows the base.
    path: String,
    body: Option<String>,
}

#[derive(Clone, Copy)]
enum Caller<'a> {
    Person(&'a str),
    Service(&'a str),
}

impl<'a> Guide<'a> {
    /// The guide to a tenant, with tokens that are good from now on.
    pub(super) fn new(settings: &'a Settings, tenant: &'a str) -> Result<Self, Failure> {
        let sign = |user: &str, role| token::sign(tenant, user, role, TOKEN_TTL, settings);
        Ok(Self {
            settings,
            tenant,
            member: sign("usr_member", "member")?,
            admin: sign(&format!("usr_admin_{tenant}"), "admin")?,
            super_admin: sign("usr_operator", "super_admin")?,
        })
    }

    /// The text, for a service that listens on `address`.
    pub(super) fn text(&self, address: SocketAddr) -> String {
        let root = self.root(address);
        let Self { tenant, member, admin, super_admin, .. } = self;
        let mut text = format!(
            "Countinghouse demo on {root}\n\
             Documents: {root}/docs\n\n\
             Tokens of {tenant}, good for 30 days:\n  \
             member       {member}\n  \
             admin        {admin}\n  \
             super_admin  {super_admin}\n\n"
        );
        if self.is_known() {
            text.push_str(
                "DEMO ONLY: the signing secret or the API key is one that everybody knows.\n",
            );
            text.push_str("Never put it where others can reach it.\n\n");
        }
        text.push_str("Try:\n");
        for (what, command) in self.commands(address) {
            // Writing to a string can't fail.
            let _written = write!(text, "\n# {what}\n{command}\n");
        }
        text.push_str("\nCtrl-C ends it.");
        text
    }

    /// Whether anybody could sign a token, or knows the key.
    fn is_known(&self) -> bool {
        let auth = &self.settings.auth;
        auth.hs256_secret.as_ref().is_some_and(|it| it.expose_secret() == SECRET)
            || auth.api_keys.iter().any(|it| it.expose_secret() == API_KEY)
    }

    fn root(&self, address: SocketAddr) -> String {
        match self.settings.listen.port() {
            0 => format!("http://{address}"),
            _ => self.settings.public_url.clone(),
        }
    }

    /// The first calls whose operations are served, with what each shows.
    fn commands(&self, address: SocketAddr) -> Vec<(&'static str, String)> {
        let document = router::document();
        let base = BASES[BASES.len() - 1];
        let served = self.calls().into_iter();
        let served = served.filter(|it| document.paths.paths.contains_key(it.operation));
        let spelled =
            served.map(|it| (it.what, it.spell(&format!("{}{base}", self.root(address)))));
        spelled.take(COMMANDS).collect()
    }

    fn calls(&self) -> Vec<Try<'_>> {
        let tenant = self.tenant;
        let (member, admin) = (Caller::Person(&self.member), Caller::Person(&self.admin));
        let get = |what, operation, path| Try {
            what,
            operation,
            caller: member,
            method: "GET",
            path,
            body: None,
        };
        let mut calls = vec![
            get(
                "the newest billing records",
                "/billing/records/{tenant_id}",
                format!("/billing/records/{tenant}?page_size=3"),
            ),
            get(
                "paid records that mention a word",
                "/billing/records/{tenant_id}/search",
                format!("/billing/records/{tenant}/search?search=shanghai&status=paid&page_size=3"),
            ),
            get(
                "credit transactions",
                "/billing/credit-transactions/{tenant_id}",
                format!("/billing/credit-transactions/{tenant}?page_size=3"),
            ),
            Try {
                what: "give credit",
                operation: "/admin/billing/credit-balance/{tenant_id}/adjust",
                caller: admin,
                method: "POST",
                path: format!("/admin/billing/credit-balance/{tenant}/adjust"),
                body: Some(r#"{"amount": 50, "source": "promo", "remark": "Welcome"}"#.to_owned()),
            },
            get(
                "the subscription",
                "/billing/subscription/{tenant_id}",
                format!("/billing/subscription/{tenant}"),
            ),
            get(
                "the credit balance",
                "/billing/credit-balance/{tenant_id}",
                format!("/billing/credit-balance/{tenant}"),
            ),
        ];
        if let Some(key) = self.settings.auth.api_keys.first()
            && self.settings.internal_listen.is_none()
        {
            calls.insert(4, self.export(key.expose_secret()));
        }
        calls
    }

    /// All that is stored of the tenant, for its admin.
    fn export<'k>(&self, key: &'k str) -> Try<'k> {
        Try {
            what: "all data of the tenant",
            operation: "/internal/billing/export-user-data",
            caller: Caller::Service(key),
            method: "POST",
            path: "/internal/billing/export-user-data".to_owned(),
            body: Some(format!(r#"{{"user_id": "usr_admin_{}"}}"#, self.tenant)),
        }
    }
}

impl Try<'_> {
    /// The command to paste into a shell.
    fn spell(&self, base: &str) -> String {
        let header = match self.caller {
            Caller::Person(token) => format!("Authorization: Bearer {token}"),
            Caller::Service(key) => format!("X-API-Key: {key}"),
        };
        let mut command = format!("curl -sS -X {} {}", self.method, quoted(&header, "-H "));
        if let Some(body) = &self.body {
            for part in [quoted("Content-Type: application/json", "-H "), quoted(body, "-d ")] {
                command.push(' ');
                command.push_str(&part);
            }
        }
        format!("{command} {}", quoted(&format!("{base}{}", self.path), ""))
    }
}

/// A text as one word of a shell, after what says what it is.
fn quoted(text: &str, before: &str) -> String {
    format!("{before}'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_of_a_shell_whatever_is_in_it() {
        assert_eq!(quoted("it's $HOME", "-d "), r"-d 'it'\''s $HOME'");
    }
}
