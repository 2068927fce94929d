-- What a tenant, and each of its apps, used on a day of the tenant's calendar; app '' is no app.
CREATE TABLE usage_day (
    tenant_id          TEXT    NOT NULL,
    day                TEXT    NOT NULL CHECK (length(day) = 10),
    app_id             TEXT    NOT NULL,
    api_requests       BIGINT  NOT NULL CHECK (api_requests >= 0),
    storage_used       BIGINT  NOT NULL CHECK (storage_used >= 0),
    bandwidth_used     BIGINT  NOT NULL CHECK (bandwidth_used >= 0),
    user_count         BIGINT  NOT NULL CHECK (user_count >= 0),
    sms                BIGINT  NOT NULL CHECK (sms >= 0),
    email              BIGINT  NOT NULL CHECK (email >= 0),
    login_attempts     BIGINT  NOT NULL CHECK (login_attempts >= 0),
    failed_logins      BIGINT  NOT NULL CHECK (failed_logins >= 0),
    mfa_verifications  BIGINT  NOT NULL CHECK (mfa_verifications >= 0),
    PRIMARY KEY (tenant_id, day, app_id)
);

CREATE TABLE usage_alert (
    tenant_id              TEXT        NOT NULL REFERENCES tenant (tenant_id),
    alert_id               TEXT        NOT NULL,
    app_id                 TEXT        CHECK (app_id <> ''),
    name                   TEXT        NOT NULL,
    resource_type          TEXT        NOT NULL,
    threshold_percent      BIGINT      NOT NULL CHECK (threshold_percent BETWEEN 1 AND 100),
    notification_channels  TEXT        NOT NULL,
    status                 TEXT        NOT NULL CHECK (status IN ('active', 'silenced', 'triggered')),
    created_by             TEXT        NOT NULL,
    last_triggered_at      TIMESTAMPTZ,
    created_at             TIMESTAMPTZ NOT NULL,
    updated_at             TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, alert_id)
);

-- A metering period's usage of one resource of one app, as it is billed.
CREATE TABLE metered_usage (
    tenant_id       TEXT        NOT NULL,
    period_start    TIMESTAMPTZ NOT NULL,
    app_id          TEXT        NOT NULL,
    resource_type   TEXT        NOT NULL,
    period_end      TIMESTAMPTZ NOT NULL,
    total_usage     BIGINT      NOT NULL CHECK (total_usage >= 0),
    included_units  BIGINT      NOT NULL CHECK (included_units >= -1),
    overage_units   BIGINT      NOT NULL CHECK (overage_units >= 0),
    overage_amount  BIGINT      NOT NULL CHECK (overage_amount >= 0),
    status          TEXT        NOT NULL CHECK (status IN ('open', 'invoiced')),
    PRIMARY KEY (tenant_id, period_start, app_id, resource_type),
    CHECK (period_start < period_end),
    CHECK (overage_units <= total_usage)
);
