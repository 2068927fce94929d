-- The ways to be paid that the platform's administrators configured, for all tenants.
CREATE TABLE payment_gateway (
    gateway_id  TEXT        NOT NULL PRIMARY KEY,
    code        TEXT        NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    name        TEXT        NOT NULL,
    -- Name and code in lower case, to be searched.
    folded      TEXT        NOT NULL,
    status      TEXT        NOT NULL CHECK (status IN ('active', 'inactive')),
    -- What it is configured by, as JSON; a mask stands where a secret is.
    config      TEXT        NOT NULL,
    version     BIGINT      NOT NULL CHECK (version >= 1),
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    CHECK (created_at <= updated_at)
);

CREATE UNIQUE INDEX payment_gateway_code ON payment_gateway (code);

-- The secrets behind the masks: sealed by AES-256-GCM, with the gateway and the place of the mask as
-- associated data, so that none can be moved to another.
CREATE TABLE gateway_secret (
    gateway_id  TEXT   NOT NULL REFERENCES payment_gateway (gateway_id),
    place       TEXT   NOT NULL,
    nonce       BYTEA  NOT NULL CHECK (length(nonce) = 12),
    sealed      BYTEA  NOT NULL CHECK (length(sealed) > 16),
    PRIMARY KEY (gateway_id, place)
);
