-- An app of a tenant: there from the first time that a price, a report of usage or an event of its
-- billing names it.
CREATE TABLE subscription_app (
    tenant_id   TEXT        NOT NULL REFERENCES tenant (tenant_id),
    app_id      TEXT        NOT NULL CHECK (app_id <> ''),
    id          TEXT        NOT NULL,
    status      TEXT        NOT NULL CHECK (status IN ('active', 'suspended', 'deleted')),
    -- Since when nothing is counted any more.
    deleted_at  TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, app_id),
    CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
);

CREATE UNIQUE INDEX subscription_app_id ON subscription_app (tenant_id, id);

-- What use of a resource by an app costs. Whoever sets an app's prices sets all of them: they are one
-- more list of the app, and the rows of older lists stay. An empty list has one row without a resource.
CREATE TABLE app_price (
    tenant_id           TEXT        NOT NULL,
    app_id              TEXT        NOT NULL,
    list                BIGINT      NOT NULL CHECK (list >= 1),
    place               BIGINT      NOT NULL CHECK (place >= 1),
    -- From when on the list is in force.
    since               TIMESTAMPTZ NOT NULL,
    id                  TEXT,
    resource_type       TEXT,
    unit_label          TEXT,
    included_units      BIGINT      CHECK (included_units BETWEEN 0 AND 1000000000000000),
    unit_price          TEXT,
    overage_unit_price  TEXT,
    PRIMARY KEY (tenant_id, app_id, list, place),
    FOREIGN KEY (tenant_id, app_id) REFERENCES subscription_app (tenant_id, app_id),
    CHECK ((id IS NULL) = (resource_type IS NULL) AND (id IS NULL) = (included_units IS NULL)),
    CHECK (id IS NOT NULL OR (place = 1 AND COALESCE(unit_label, unit_price, overage_unit_price) IS NULL)),
    CHECK (unit_price NOT LIKE '-%' AND overage_unit_price NOT LIKE '-%')
);

CREATE UNIQUE INDEX app_price_resource ON app_price (tenant_id, app_id, list, resource_type)
    WHERE resource_type IS NOT NULL;

-- From when to when a tenant's usage is counted in months of which anchor: those of a subscription.
-- Outside of them it is counted in months of the calendar, and not billed.
CREATE TABLE meter (
    tenant_id        TEXT        NOT NULL REFERENCES tenant (tenant_id),
    ordinal          BIGINT      NOT NULL CHECK (ordinal >= 1),
    since            TIMESTAMPTZ NOT NULL,
    until            TIMESTAMPTZ,
    subscription_id  TEXT        NOT NULL,
    anchor           TEXT        NOT NULL,
    timezone         TEXT        NOT NULL,
    -- Which of its months it begins in.
    number           BIGINT      NOT NULL CHECK (number >= 0),
    -- Whether nothing of it is billed.
    trial            BOOLEAN     NOT NULL,
    -- When a trial ends, if nothing changes.
    trial_end        TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, ordinal),
    CHECK (since <= until),
    CHECK (trial OR trial_end IS NULL)
);

CREATE UNIQUE INDEX meter_running ON meter (tenant_id) WHERE until IS NULL;

-- What was reported: the key is a digest of the id that the sender gave it. What is taken back has a
-- second row with the amount below zero. A row stays for ever, or until it is packed away.
CREATE TABLE usage_event (
    tenant_id      TEXT        NOT NULL,
    event_key      BYTEA       NOT NULL CHECK (length(event_key) = 16),
    app_id         TEXT        NOT NULL,
    resource_type  TEXT        NOT NULL,
    amount         BIGINT      NOT NULL CHECK (amount <> 0),
    occurred_at    TIMESTAMPTZ NOT NULL,
    received_at    TIMESTAMPTZ NOT NULL,
    -- The day that it counts in.
    day            TEXT        NOT NULL CHECK (length(day) = 10),
    -- The metering period that it counts in, and how often that had been invoiced before; none without
    -- a subscription.
    period_start   TIMESTAMPTZ,
    bill           BIGINT,
    PRIMARY KEY (tenant_id, event_key),
    CHECK ((period_start IS NULL) = (bill IS NULL))
); -- heap

-- Levels are looked up again when one is taken back.
CREATE INDEX usage_event_level ON usage_event (tenant_id, app_id, resource_type, occurred_at)
    WHERE resource_type IN ('storage', 'users');

-- What is kept of events that were packed away, for ever: entries of 24 bytes, in the order of their
-- keys, from a key to that of the next pack; a tenant's first pack begins with 16 zero bytes. Packs are
-- small, so that a key is looked up in one page.
CREATE TABLE usage_pack (
    tenant_id  TEXT   NOT NULL,
    first_key  BYTEA  NOT NULL CHECK (length(first_key) = 16),
    entries    BYTEA  NOT NULL CHECK (length(entries) BETWEEN 24 AND 864 AND length(entries) % 24 = 0),
    PRIMARY KEY (tenant_id, first_key)
);

-- How far the events of a tenant were gone through, in the order of their keys, to pack those away that
-- were reported before an instant.
CREATE TABLE usage_pass (
    tenant_id        TEXT         NOT NULL,
    received_before  TIMESTAMPTZ  NOT NULL,
    -- Where it goes on; none when it was gone through.
    next_key         BYTEA        CHECK (length(next_key) = 16),
    PRIMARY KEY (tenant_id)
);

-- What a tenant, and each of its apps, used on a day of the tenant's calendar; app '' is no app. Levels
-- are those at its end: what was last reported, be it days before.
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
    -- When the levels were measured; none is not yet.
    storage_at         TIMESTAMPTZ,
    users_at           TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, day, app_id)
);

CREATE INDEX usage_day_app ON usage_day (tenant_id, app_id, day);

-- The same of resources that only apps have prices for.
CREATE TABLE usage_day_priced (
    tenant_id      TEXT    NOT NULL,
    day            TEXT    NOT NULL CHECK (length(day) = 10),
    app_id         TEXT    NOT NULL CHECK (app_id <> ''),
    resource_type  TEXT    NOT NULL,
    amount         BIGINT  NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (tenant_id, day, app_id, resource_type)
);

-- Figures of days that administrators set right: each by how much, and why.
CREATE TABLE usage_correction (
    tenant_id      TEXT        NOT NULL REFERENCES tenant (tenant_id),
    seq            BIGINT      NOT NULL CHECK (seq >= 1),
    day            TEXT        NOT NULL CHECK (length(day) = 10),
    app_id         TEXT        NOT NULL,
    resource_type  TEXT        NOT NULL,
    before         BIGINT      NOT NULL CHECK (before >= 0),
    after          BIGINT      NOT NULL CHECK (after >= 0),
    reason         TEXT,
    corrected_by   TEXT        NOT NULL,
    corrected_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, seq),
    CHECK (before <> after)
);

-- Calls of each endpoint on a day, as a gateway counted them.
CREATE TABLE endpoint_day (
    tenant_id      TEXT    NOT NULL REFERENCES tenant (tenant_id),
    day            TEXT    NOT NULL CHECK (length(day) = 10),
    app_id         TEXT    NOT NULL,
    endpoint       TEXT    NOT NULL,
    request_count  BIGINT  NOT NULL CHECK (request_count >= 1),
    error_count    BIGINT  NOT NULL CHECK (error_count BETWEEN 0 AND request_count),
    -- Of all requests together.
    latency_us     BIGINT  NOT NULL CHECK (latency_us >= 0),
    PRIMARY KEY (tenant_id, day, app_id, endpoint)
);

-- The same summed up by months of the calendar, as the days come in: a year of many endpoints is read
-- while somebody waits.
CREATE TABLE endpoint_month (
    tenant_id      TEXT    NOT NULL REFERENCES tenant (tenant_id),
    month          TEXT    NOT NULL CHECK (length(month) = 7),
    app_id         TEXT    NOT NULL,
    endpoint       TEXT    NOT NULL,
    request_count  BIGINT  NOT NULL CHECK (request_count >= 1),
    error_count    BIGINT  NOT NULL CHECK (error_count BETWEEN 0 AND request_count),
    -- Of all requests together: whole seconds, and the rest.
    latency_s      BIGINT  NOT NULL CHECK (latency_s >= 0),
    latency_us     BIGINT  NOT NULL CHECK (latency_us BETWEEN 0 AND 999999),
    PRIMARY KEY (tenant_id, month, app_id, endpoint)
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
    -- The end of the period in which it fired last: until then it is triggered.
    triggered_until        TIMESTAMPTZ,
    created_at             TIMESTAMPTZ NOT NULL,
    updated_at             TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, alert_id),
    CHECK ((last_triggered_at IS NULL) = (triggered_until IS NULL)),
    CHECK (status <> 'triggered' OR triggered_until IS NOT NULL)
);

-- The list of all tenants' alerts, and whose one is.
CREATE INDEX usage_alert_of_all ON usage_alert (alert_id);

-- That an alert fired: once for each resource that it watched, threshold and period. It stays when the
-- alert is removed.
CREATE TABLE usage_alert_firing (
    tenant_id          TEXT        NOT NULL,
    alert_id           TEXT        NOT NULL,
    threshold_percent  BIGINT      NOT NULL CHECK (threshold_percent BETWEEN 1 AND 100),
    resource_type      TEXT        NOT NULL,
    period_start       TIMESTAMPTZ NOT NULL,
    fired_at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, alert_id, period_start, resource_type, threshold_percent)
);

-- A metering period's usage of one resource of one app, as it is billed: counted while it is open, and
-- never billed twice once it was invoiced. What comes too late waits for the next invoice.
CREATE TABLE metered_usage (
    tenant_id       TEXT        NOT NULL,
    period_start    TIMESTAMPTZ NOT NULL,
    app_id          TEXT        NOT NULL,
    resource_type   TEXT        NOT NULL,
    period_end      TIMESTAMPTZ NOT NULL,
    total_usage     BIGINT      NOT NULL CHECK (total_usage >= 0),
    -- When a level was measured.
    measured_at     TIMESTAMPTZ,
    included_units  BIGINT      NOT NULL CHECK (included_units >= -1),
    -- What a unit beyond those costs; none where all are included.
    unit_price      TEXT,
    overage_units   BIGINT      NOT NULL CHECK (overage_units >= 0),
    overage_amount  BIGINT      NOT NULL CHECK (overage_amount >= 0),
    status          TEXT        NOT NULL CHECK (status IN ('open', 'invoiced')),
    -- What was counted since it was invoiced last, and how often it was.
    late_units      BIGINT      NOT NULL DEFAULT 0 CHECK (late_units >= 0),
    -- When that is invoiced at the latest.
    late_due        TIMESTAMPTZ,
    bills           BIGINT      NOT NULL DEFAULT 0 CHECK (bills >= 0),
    PRIMARY KEY (tenant_id, app_id, resource_type, period_start),
    CHECK (period_start < period_end),
    CHECK (overage_units <= total_usage),
    CHECK ((status = 'open') = (bills = 0)),
    CHECK (status = 'invoiced' OR late_units = 0),
    CHECK ((late_due IS NULL) = (late_units = 0)),
    CHECK (late_units <= total_usage)
);

CREATE INDEX metered_usage_period ON metered_usage (tenant_id, period_start);

-- What is still to be billed.
CREATE INDEX metered_usage_pending ON metered_usage (tenant_id, period_end)
    WHERE status = 'open' OR late_units > 0;

-- Whose period is over and still open, and whose late use has waited long enough.
CREATE INDEX metered_usage_open ON metered_usage (period_end, tenant_id)
    WHERE status = 'open';

CREATE INDEX metered_usage_late ON metered_usage (late_due, tenant_id)
    WHERE late_due IS NOT NULL;
