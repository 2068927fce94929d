CREATE TABLE subscription (
    tenant_id             TEXT        NOT NULL REFERENCES tenant (tenant_id),
    subscription_id       TEXT        NOT NULL,
    -- The tenant's first, second, … subscription.
    ordinal               BIGINT      NOT NULL CHECK (ordinal >= 1),
    plan                  TEXT        NOT NULL REFERENCES plan (name),
    status                TEXT        NOT NULL CHECK (status IN ('trial', 'active', 'past_due', 'suspended', 'cancelled', 'expired')),
    billing_cycle         TEXT        NOT NULL CHECK (billing_cycle IN ('monthly', 'yearly')),
    amount                BIGINT      NOT NULL CHECK (amount >= 0),
    currency              TEXT        NOT NULL CHECK (length(currency) = 3),
    auto_renew            BOOLEAN     NOT NULL,
    cancel_at_period_end  BOOLEAN     NOT NULL,
    -- Boundaries are computed from here, as local time in the zone.
    anchor                TEXT        NOT NULL,
    timezone              TEXT        NOT NULL,
    period_number         BIGINT      NOT NULL CHECK (period_number >= 0),
    period_start          TIMESTAMPTZ NOT NULL,
    period_end            TIMESTAMPTZ NOT NULL,
    -- The version with which the period began.
    period_since          BIGINT      NOT NULL CHECK (period_since >= 1),
    -- What it is changed to when the period ends.
    next_plan             TEXT        REFERENCES plan (name),
    next_cycle            TEXT        CHECK (next_cycle IN ('monthly', 'yearly')),
    trial_end             TIMESTAMPTZ,
    -- When its tenant is told that the period ends, until that was done.
    notice_at             TIMESTAMPTZ,
    admin_user_id         TEXT        NOT NULL,
    created_at            TIMESTAMPTZ NOT NULL,
    version               BIGINT      NOT NULL CHECK (version >= 1),
    PRIMARY KEY (tenant_id, subscription_id),
    CHECK (period_start < period_end),
    CHECK (period_since <= version),
    CHECK ((next_plan IS NULL) = (next_cycle IS NULL)),
    CHECK (status <> 'trial' OR (trial_end IS NOT NULL AND period_number = 0))
);

CREATE UNIQUE INDEX subscription_ordinal ON subscription (tenant_id, ordinal);

-- One live subscription a tenant.
CREATE UNIQUE INDEX subscription_live ON subscription (tenant_id)
    WHERE status IN ('trial', 'active', 'past_due', 'suspended');

-- All subscriptions in the order of their making, over all tenants.
CREATE INDEX subscription_made ON subscription (subscription_id);

-- Whose subscriptions a user administers, over all tenants.
CREATE INDEX subscription_admin ON subscription (admin_user_id);

-- Whose period ends next, over all tenants.
CREATE INDEX subscription_due ON subscription (period_end, tenant_id)
    WHERE status IN ('trial', 'active', 'past_due');

-- Who is told next that its period ends.
CREATE INDEX subscription_notice ON subscription (notice_at, tenant_id)
    WHERE notice_at IS NOT NULL;
