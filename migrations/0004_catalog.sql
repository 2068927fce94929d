-- Plans. They are the platform's, so no tenant is in their key. Quotas: -1 is unlimited, 0 is none.
CREATE TABLE plan (
    name              TEXT        NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 128),
    plan_id           TEXT        NOT NULL UNIQUE,
    position          BIGINT      NOT NULL UNIQUE,
    display_name      TEXT        NOT NULL,
    description       TEXT,
    currency          TEXT        NOT NULL CHECK (length(currency) = 3),
    monthly_price     BIGINT      NOT NULL CHECK (monthly_price >= 0),
    yearly_price      BIGINT      NOT NULL CHECK (yearly_price >= 0),
    max_users         BIGINT      NOT NULL CHECK (max_users >= -1),
    max_storage_gb    BIGINT      NOT NULL CHECK (max_storage_gb >= -1),
    max_bandwidth_gb  BIGINT      NOT NULL CHECK (max_bandwidth_gb >= -1),
    max_api_calls     BIGINT      NOT NULL CHECK (max_api_calls >= -1),
    max_sms           BIGINT      NOT NULL CHECK (max_sms >= -1),
    max_email         BIGINT      NOT NULL CHECK (max_email >= -1),
    audit_log_days    BIGINT      NOT NULL CHECK (audit_log_days >= -1),
    mfa_enabled       BOOLEAN     NOT NULL,
    sso_enabled       BOOLEAN     NOT NULL,
    support_level     TEXT        NOT NULL,
    is_popular        BOOLEAN     NOT NULL,
    status            TEXT        NOT NULL CHECK (status IN ('active', 'inactive', 'archived')),
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    CHECK (created_at <= updated_at)
);

-- What a plan grants besides; the gates mfa and sso are columns of the plan itself.
CREATE TABLE plan_gate (
    plan      TEXT    NOT NULL REFERENCES plan (name),
    gate_key  TEXT    NOT NULL CHECK (length(gate_key) BETWEEN 1 AND 128 AND gate_key NOT IN ('mfa', 'sso')),
    enabled   BOOLEAN NOT NULL,
    PRIMARY KEY (plan, gate_key)
);

-- The plan that a tenant has now: a row exactly while it has a live subscription. Whoever starts,
-- changes or ends a subscription writes it in the same transaction; without one the plan is free.
CREATE TABLE tenant_plan (
    tenant_id  TEXT NOT NULL PRIMARY KEY REFERENCES tenant (tenant_id),
    plan       TEXT NOT NULL REFERENCES plan (name)
);

-- What a tenant has in spite of its plan.
CREATE TABLE gate_override (
    tenant_id    TEXT        NOT NULL REFERENCES tenant (tenant_id),
    gate_key     TEXT        NOT NULL CHECK (length(gate_key) BETWEEN 1 AND 128),
    override_id  TEXT        NOT NULL,
    enabled      BOOLEAN     NOT NULL,
    updated_by   TEXT        NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, gate_key),
    CHECK (created_at <= updated_at)
);

-- Those that were set last, over all tenants.
CREATE INDEX gate_override_recent ON gate_override (updated_at, override_id);
