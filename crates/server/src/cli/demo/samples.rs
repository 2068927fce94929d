//! The sample tenants, and what they say of themselves.

use axum::http::StatusCode;
use countinghouse_core::{
    calendar::Zone,
    money::{TaxMode, TaxRate},
    tenants::{Buyer, Language, Profile, TaxTerms},
};

use crate::{
    command::Command,
    db::{Error, Tx},
    env::Env,
    http::problem::ApiError,
    tenants,
};

/// A sample tenant.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) tenant: &'static str,
    pub(super) plan: &'static str,
    pub(super) records: u64,
    legal_name: &'static str,
    address: &'static str,
    tax_rate: &'static str,
    zone: &'static str,
    language: &'static str,
}

/// The sample tenants; the first is the one that is shown.
pub(super) const SAMPLES: [Sample; 4] = [
    Sample {
        tenant: "tnt_acme",
        plan: "pro",
        records: 1_800,
        legal_name: "Acme Robotics Ltd.",
        address: "88 Century Avenue, Shanghai",
        tax_rate: "0.06",
        zone: "Asia/Shanghai",
        language: "en",
    },
    Sample {
        tenant: "tnt_lanxing",
        plan: "enterprise",
        records: 1_200,
        legal_name: "蓝星信息科技有限公司",
        address: "北京市海淀区中关村大街1号",
        tax_rate: "0.06",
        zone: "Asia/Shanghai",
        language: "zh",
    },
    Sample {
        tenant: "tnt_nimbus",
        plan: "basic",
        records: 480,
        legal_name: "Nimbus Analytics GmbH",
        address: "Taunusanlage 8, Frankfurt am Main",
        tax_rate: "0.19",
        zone: "Europe/Berlin",
        language: "en",
    },
    Sample {
        tenant: "tnt_qingfeng",
        plan: "basic",
        records: 120,
        legal_name: "清风餐饮管理有限公司",
        address: "杭州市西湖区文三路90号",
        tax_rate: "0",
        zone: "Asia/Shanghai",
        language: "zh",
    },
];

/// Enters what a sample tenant says of itself, if it has said nothing yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Introduce(pub(super) &'static Sample);

impl Command for Introduce {
    type Facts = ();
    type Decision = Profile;
    type Data = &'static str;
    const STATUS: StatusCode = StatusCode::CREATED;

    fn tenant(&self) -> &str {
        self.0.tenant
    }

    async fn load(&self, _: &mut Tx) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&self, (): (), _: &Env) -> Result<Profile, ApiError> {
        let rate = TaxRate::parse(self.0.tax_rate).map_err(ApiError::internal)?;
        let buyer = Buyer {
            legal_name: Some(self.0.legal_name.to_owned()),
            address: Some(self.0.address.to_owned()),
            tax_exempt_reason: rate.is_zero().then(|| "小规模纳税人免税".to_owned()),
            ..Buyer::default()
        };
        Ok(Profile {
            tax: TaxTerms { rate, mode: TaxMode::Exclusive },
            zone: Zone::parse(self.0.zone).map_err(ApiError::internal)?,
            buyer,
            language: Language::parse(self.0.language).map_err(ApiError::internal)?,
            ..Profile::default()
        })
    }

    async fn save(&self, profile: Profile, tx: &mut Tx) -> Result<&'static str, Error> {
        tenants::enter_profile(tx, self.0.tenant, &profile).await?;
        Ok(self.0.tenant)
    }
}
