//! Profiles in the database.

use std::collections::{BTreeMap, BTreeSet};

use countinghouse_core::{
    calendar::Zone,
    money::{Currency, TaxMode, TaxRate},
    tenants::{Buyer, Email, Language, Profile, TaxTerms},
};

use crate::db::{Db, Error, Rows, Stmt, Tx};

#[derive(sqlx::FromRow)]
struct ProfileRow {
    tenant_id: String,
    legal_name: Option<String>,
    address: Option<String>,
    tax_id: Option<String>,
    email: Option<String>,
    tax_rate: String,
    tax_inclusive: bool,
    tax_exempt_reason: Option<String>,
    timezone: String,
    currency: Option<String>,
    language: String,
    invoice_due_days: i64,
}

const PROFILE: &[&str] = &[
    "tenant_id",
    "legal_name",
    "address",
    "tax_id",
    "email",
    "tax_rate",
    "tax_inclusive",
    "tax_exempt_reason",
    "timezone",
    "currency",
    "language",
    "invoice_due_days",
];

/// Enters a profile. A tenant that has one keeps it.
pub async fn enter_profile(tx: &mut Tx, tenant: &str, profile: &Profile) -> Result<(), Error> {
    let rows = Rows::new("tenant_profile", PROFILE).otherwise("ON CONFLICT (tenant_id) DO NOTHING");
    insert(tx, rows, tenant, profile).await
}

/// Writes a profile over the one that there may be.
pub async fn save_profile(tx: &mut Tx, tenant: &str, profile: &Profile) -> Result<(), Error> {
    let rows = Rows::new("tenant_profile", PROFILE).otherwise(
        "ON CONFLICT (tenant_id) DO UPDATE SET legal_name = excluded.legal_name,
            address = excluded.address, tax_id = excluded.tax_id, email = excluded.email,
            tax_rate = excluded.tax_rate, tax_inclusive = excluded.tax_inclusive,
            tax_exempt_reason = excluded.tax_exempt_reason, timezone = excluded.timezone,
            currency = excluded.currency, language = excluded.language,
            invoice_due_days = excluded.invoice_due_days",
    );
    insert(tx, rows, tenant, profile).await
}

async fn insert(tx: &mut Tx, mut rows: Rows, tenant: &str, it: &Profile) -> Result<(), Error> {
    let buyer = &it.buyer;
    rows.push(vec![
        tenant.into(),
        buyer.legal_name.as_deref().into(),
        buyer.address.as_deref().into(),
        buyer.tax_id.as_deref().into(),
        it.email.as_ref().map(Email::as_str).into(),
        it.tax.rate.to_string().into(),
        (it.tax.mode == TaxMode::Inclusive).into(),
        buyer.tax_exempt_reason.as_deref().into(),
        it.zone.name().into(),
        it.currency.as_ref().map(Currency::as_str).into(),
        it.language.as_str().into(),
        i64::from(it.due_days).into(),
    ]);
    tx.insert(rows).await?;
    Ok(())
}

/// The terms of a tenant's invoices: what it set, or the defaults.
pub async fn profile(tx: &mut Tx, tenant: &str) -> Result<Profile, Error> {
    let mut profiles = profiles(tx, &BTreeSet::from([tenant])).await?;
    Ok(profiles.remove(tenant).unwrap_or_default())
}

/// The terms of those of `tenants` that set some; the others have the defaults.
pub async fn profiles(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Profile>, Error> {
    let stmt = Stmt::new(
        "SELECT tenant_id, legal_name, address, tax_id, email, tax_rate, tax_inclusive,
                tax_exempt_reason, timezone, currency, language, invoice_due_days
         FROM tenant_profile WHERE tenant_id",
    );
    let rows: Vec<ProfileRow> = tx.fetch_all(stmt.push_any_text(tenants.iter().copied())).await?;
    rows.into_iter().map(ProfileRow::profile).collect()
}

/// Whether there is any tenant but those of `known`; the platform is none.
pub async fn any_but(db: &Db, known: &[&str]) -> Result<bool, Error> {
    let stmt = Stmt::new("SELECT tenant_id FROM tenant WHERE tenant_id <> '' AND NOT (tenant_id")
        .push_any_text(known.iter().copied())
        .push(") LIMIT 1");
    let row: Option<(String,)> = db.fetch_optional(stmt).await?;
    Ok(row.is_some())
}

/// The currencies that those of `tenants` asked for that asked for one.
pub async fn currencies(
    tx: &mut Tx,
    tenants: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Currency>, Error> {
    let stmt = Stmt::new("SELECT tenant_id, currency FROM tenant_profile WHERE tenant_id")
        .push_any_text(tenants.iter().copied())
        .push(" AND currency IS NOT NULL");
    let rows: Vec<(String, String)> = tx.fetch_all(stmt).await?;
    let read = |(tenant, currency): (String, String)| {
        let corrupt = |_| Error::corrupt("tenant_profile", &tenant, "currency");
        let currency = Currency::parse(&currency).map_err(corrupt)?;
        Ok((tenant, currency))
    };
    rows.into_iter().map(read).collect()
}

impl ProfileRow {
    fn profile(self) -> Result<(String, Profile), Error> {
        let corrupt = |column| Error::corrupt("tenant_profile", &self.tenant_id, column);
        let rate = TaxRate::parse(&self.tax_rate).map_err(|_| corrupt("tax_rate"))?;
        let mode = if self.tax_inclusive { TaxMode::Inclusive } else { TaxMode::Exclusive };
        let due_days = u8::try_from(self.invoice_due_days);
        let currency = self.currency.as_deref().map(Currency::parse).transpose();
        let email = self.email.as_deref().map(Email::parse).transpose();
        let profile = Profile {
            tax: TaxTerms { rate, mode },
            zone: Zone::parse(&self.timezone).map_err(|_| corrupt("timezone"))?,
            currency: currency.map_err(|_| corrupt("currency"))?,
            due_days: due_days.map_err(|_| corrupt("invoice_due_days"))?,
            buyer: Buyer {
                legal_name: self.legal_name,
                address: self.address,
                tax_id: self.tax_id,
                tax_exempt_reason: self.tax_exempt_reason,
            },
            email: email.map_err(|_| corrupt("email"))?,
            language: Language::parse(&self.language).map_err(|_| corrupt("language"))?,
        };
        Ok((self.tenant_id, profile))
    }
}
