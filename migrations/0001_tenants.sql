-- Who there is, what they were answered, and which process does what happens by itself.

-- A tenant exists as soon as it is named in a write. Its row is the lock under which everything of
-- the tenant changes. The platform (plans, gateways) is the tenant ''.
CREATE TABLE tenant (
    tenant_id    TEXT        NOT NULL PRIMARY KEY CHECK (length(tenant_id) <= 128),
    -- What the tenant's own clock shows, if it has one: it stands still until it is moved.
    clock_at     TIMESTAMPTZ CHECK (clock_at IS NULL OR tenant_id <> '')
);

-- What a command answered, kept with its effect under the key that its caller chose.
CREATE TABLE command_answer (
    tenant_id    TEXT        NOT NULL,
    key_digest   BYTEA       NOT NULL CHECK (length(key_digest) = 32),
    fingerprint  BYTEA       NOT NULL CHECK (length(fingerprint) = 32),
    status       BIGINT      NOT NULL CHECK (status BETWEEN 200 AND 299),
    body         BYTEA       NOT NULL,
    answered_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, key_digest)
);

-- What a tenant set about itself; a tenant without a row has the defaults.
CREATE TABLE tenant_profile (
    tenant_id          TEXT    NOT NULL PRIMARY KEY REFERENCES tenant (tenant_id),
    legal_name         TEXT,
    address            TEXT,
    tax_id             TEXT,
    email              TEXT,
    tax_rate           TEXT    NOT NULL,
    tax_inclusive      BOOLEAN NOT NULL,
    tax_exempt_reason  TEXT,
    timezone           TEXT    NOT NULL,
    -- What it asked for; it may be tied to another one by then.
    currency           TEXT    CHECK (length(currency) = 3),
    language           TEXT    NOT NULL,
    invoice_due_days   BIGINT  NOT NULL CHECK (invoice_due_days BETWEEN 0 AND 90)
);

-- What a tenant set about late payments; without a row the defaults hold. Days count from the first
-- failure of an invoice.
CREATE TABLE dunning_settings (
    tenant_id          TEXT        NOT NULL PRIMARY KEY REFERENCES tenant (tenant_id),
    retry_schedule     TEXT        NOT NULL,
    grace_period_days  BIGINT      NOT NULL CHECK (grace_period_days BETWEEN 1 AND 90),
    auto_cancel_days   BIGINT      NOT NULL CHECK (auto_cancel_days BETWEEN 1 AND 180),
    email_templates    TEXT,
    created_at         TIMESTAMPTZ NOT NULL,
    updated_at         TIMESTAMPTZ NOT NULL,
    CHECK (grace_period_days < auto_cancel_days),
    CHECK (created_at <= updated_at)
);

-- Which process does something for all, until when. The token counts the holders: one that is not
-- the last any more stops.
CREATE TABLE lease (
    name        TEXT        NOT NULL PRIMARY KEY,
    holder      TEXT        NOT NULL,
    token       BIGINT      NOT NULL CHECK (token >= 1),
    held_until  TIMESTAMPTZ NOT NULL
);
