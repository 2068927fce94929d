-- Hash-chained events: a chain for each subscription, INSERT only, no personal data inside.
CREATE TABLE chain_event (
    tenant_id        TEXT        NOT NULL,
    seq              BIGINT      NOT NULL CHECK (seq >= 1),
    event_id         TEXT        NOT NULL,
    subscription_id  TEXT        NOT NULL,
    position         BIGINT      NOT NULL CHECK (position >= 1),
    kind             TEXT        NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    payload          TEXT        NOT NULL,
    previous_hash    BYTEA       NOT NULL CHECK (length(previous_hash) = 32),
    hash             BYTEA       NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, seq)
);

CREATE UNIQUE INDEX chain_event_position ON chain_event (tenant_id, subscription_id, position);

-- Where each chain ends, so that an event taken off its end is missed too.
CREATE TABLE chain_head (
    tenant_id        TEXT    NOT NULL,
    subscription_id  TEXT    NOT NULL,
    last_position    BIGINT  NOT NULL CHECK (last_position >= 1),
    last_hash        BYTEA   NOT NULL CHECK (length(last_hash) = 32),
    PRIMARY KEY (tenant_id, subscription_id)
);

-- What others are to be told, in the order in which it came to be. INSERT only, no personal data
-- inside; what became of a message stands elsewhere.
CREATE TABLE outbox_message (
    tenant_id   TEXT        NOT NULL,
    seq         BIGINT      NOT NULL CHECK (seq >= 1),
    message_id  TEXT        NOT NULL,
    kind        TEXT        NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    payload     TEXT        NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
