//! What believable documents say, in English and in Chinese.

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    en: &'static str,
    zh: &'static str,
}

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

/// A resource that is billed by use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource {
    /// Its name in the API.
    pub(super) name: &'static str,
    /// What a bill calls it.
    pub(super) words: Words,
    /// The price of one, decimal text.
    pub(super) unit_price: &'static str,
    /// About how many of it a month's bill is for.
    pub(super) usual: i64,
}

/// The apps of a tenant.
pub(super) const APPS: [&str; 6] =
    ["app_web", "app_mobile", "app_api", "app_admin", "app_partner", "app_analytics"];

/// What is billed by use.
pub(super) const RESOURCES: [Resource; 6] = [
    resource("api_calls", words("API calls", "API 调用"), "0.0004", 180_000),
    resource("storage", words("Object storage, GiB-months", "对象存储（GiB·月）"), "0.12", 420),
    resource("bandwidth", words("Outbound traffic, GiB", "出网流量（GiB）"), "0.5", 160),
    resource("sms", words("Text messages", "短信"), "0.045", 2_400),
    resource("email", words("Transactional mail", "事务邮件"), "0.0006", 52_000),
    resource("users", words("Active users above the plan", "超出套餐的活跃用户"), "4.9", 14),
];

/// The plans that documents name.
pub(super) const PLANS: [Words; 4] = [
    words("Basic", "基础版"),
    words("Professional", "专业版"),
    words("Enterprise", "企业版"),
    words("Platform", "平台版"),
];

/// Where the work was done, or for whom.
pub(super) const PLACES: [Words; 12] = [
    words("Shanghai", "上海"),
    words("Beijing", "北京"),
    words("Shenzhen", "深圳"),
    words("Hangzhou", "杭州"),
    words("Chengdu", "成都"),
    words("Guangzhou", "广州"),
    words("Wuhan", "武汉"),
    words("Singapore", "新加坡"),
    words("Tokyo", "东京"),
    words("Frankfurt", "法兰克福"),
    words("Dublin", "都柏林"),
    words("São Paulo", "圣保罗"),
];

/// Who ordered it.
pub(super) const TEAMS: [Words; 10] = [
    words("sales team", "销售团队"),
    words("support desk", "客服中心"),
    words("research lab", "研究院"),
    words("logistics", "物流部"),
    words("finance", "财务部"),
    words("marketing", "市场部"),
    words("human resources", "人力资源部"),
    words("data platform", "数据平台"),
    words("retail stores", "零售门店"),
    words("headquarters", "总部"),
];

/// What is billed once.
pub(super) const SERVICES: [Words; 8] = [
    words("Onboarding and data migration", "实施与数据迁移服务费"),
    words("Dedicated support hours", "专属技术支持工时"),
    words("Security audit report", "安全审计报告"),
    words("Custom domain and certificate", "自定义域名与证书"),
    words("Training workshop", "培训课程"),
    words("Correction of an earlier invoice", "历史账单更正"),
    words("Backup restoration", "备份恢复服务"),
    words("Single sign-on integration", "单点登录集成"),
];

/// Why credit is given.
pub(super) const GIFTS: [Words; 5] = [
    words("Welcome credit", "新客户礼金"),
    words("Spring campaign", "春季促销"),
    words("Referral reward", "推荐奖励"),
    words("Compensation for an outage", "服务中断补偿"),
    words("Loyalty bonus", "老客户回馈"),
];

/// How money is sent.
pub(super) const METHODS: [&str; 5] =
    ["alipay", "wechat_pay", "bank_transfer", "card", "corporate_account"];

const fn words(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

const fn resource(
    name: &'static str,
    words: Words,
    unit_price: &'static str,
    usual: i64,
) -> Resource {
    Resource { name, words, unit_price, usual }
}

impl Words {
    /// The text in a language.
    pub(super) const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Chinese => self.zh,
        }
    }
}
