-- Refunds that were asked for. Money that was received for an invoice is held for them until they are
-- rejected, deleted or paid (`invoice.refunding`). A deleted one stays.
CREATE TABLE refund_approval (
    tenant_id              TEXT        NOT NULL,
    refund_id              TEXT        NOT NULL,
    invoice_number         TEXT        NOT NULL,
    amount                 BIGINT      NOT NULL CHECK (amount > 0),
    currency               TEXT        NOT NULL CHECK (length(currency) = 3),
    reason                 TEXT        NOT NULL,
    -- The payment that is refunded, as whoever asked calls it.
    transaction_id         TEXT        NOT NULL,
    reviewer_comments      TEXT,
    status                 TEXT        NOT NULL CHECK (status IN ('submitted', 'approved', 'rejected', 'executing', 'completed')),
    requested_by           TEXT        NOT NULL,
    requested_at           TIMESTAMPTZ NOT NULL,
    -- Who approved or rejected it.
    decided_by             TEXT,
    decided_at             TIMESTAMPTZ,
    -- Whom it is paid to, from when it is being paid.
    payee                  TEXT,
    -- Which wallet was asked to pay: `built_in`, or the name of a service.
    wallet                 TEXT,
    executing_at           TIMESTAMPTZ,
    completed_at           TIMESTAMPTZ,
    wallet_transaction_id  TEXT,
    note_number            TEXT,
    deleted_at             TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, refund_id),
    FOREIGN KEY (tenant_id, invoice_number) REFERENCES invoice (tenant_id, number),
    FOREIGN KEY (tenant_id, note_number) REFERENCES credit_note (tenant_id, number),
    CHECK ((status = 'submitted') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    -- Two people are needed.
    CHECK (decided_by <> requested_by OR status = 'rejected'),
    CHECK ((status IN ('executing', 'completed')) = (payee IS NOT NULL)),
    CHECK ((payee IS NULL) = (executing_at IS NULL)),
    CHECK ((payee IS NULL) = (wallet IS NULL)),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
    CHECK ((status = 'completed') = (wallet_transaction_id IS NOT NULL)),
    CHECK ((status = 'completed') = (note_number IS NOT NULL)),
    CHECK (deleted_at IS NULL OR status IN ('submitted', 'approved', 'rejected'))
);

-- The list of all tenants' refunds, and whose one is.
CREATE INDEX refund_approval_of_all ON refund_approval (refund_id);

-- Lists by status, over all tenants and of one.
CREATE INDEX refund_approval_listed_of_all ON refund_approval (status, refund_id)
    WHERE deleted_at IS NULL;
CREATE INDEX refund_approval_listed ON refund_approval (tenant_id, status, refund_id)
    WHERE deleted_at IS NULL;

CREATE INDEX refund_approval_invoice ON refund_approval (tenant_id, invoice_number);

CREATE INDEX refund_approval_payee ON refund_approval (tenant_id, payee) WHERE payee IS NOT NULL;

-- What is being paid, over all tenants.
CREATE INDEX refund_approval_executing ON refund_approval (tenant_id, refund_id)
    WHERE status = 'executing';
