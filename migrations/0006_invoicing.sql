-- How many records a tenant has, and each of its apps; '' is all of them.
CREATE TABLE record_counter (
    tenant_id   TEXT        NOT NULL,
    app_id      TEXT        NOT NULL,
    last_seq    BIGINT      NOT NULL CHECK (last_seq >= 1),
    last_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
);

-- The tenant's line for one invoice. Only the status ever changes.
CREATE TABLE billing_record (
    tenant_id        TEXT        NOT NULL,
    seq              BIGINT      NOT NULL CHECK (seq >= 1),
    record_id        TEXT        NOT NULL,
    invoice_number   TEXT        NOT NULL,
    subscription_id  TEXT,
    app_id           TEXT        CHECK (app_id <> ''),
    app_seq          BIGINT      CHECK (app_seq >= 1),
    type             TEXT        NOT NULL CHECK (type IN ('subscription', 'usage', 'proration', 'adjustment')),
    status           TEXT        NOT NULL CHECK (status IN ('pending', 'paid', 'failed', 'refunded', 'void')),
    amount           BIGINT      NOT NULL,
    currency         TEXT        NOT NULL CHECK (length(currency) = 3),
    description      TEXT        NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, subscription_id),
    CHECK ((app_id IS NULL) = (app_seq IS NULL))
);

CREATE UNIQUE INDEX billing_record_number ON billing_record (tenant_id, invoice_number);

CREATE UNIQUE INDEX billing_record_app ON billing_record (tenant_id, app_id, app_seq)
    WHERE app_id IS NOT NULL;

-- What is billed. `amount` is net, `unit_price` as priced.
CREATE TABLE invoice_line (
    tenant_id      TEXT        NOT NULL,
    record_seq     BIGINT      NOT NULL,
    line           BIGINT      NOT NULL CHECK (line >= 1),
    description    TEXT        NOT NULL,
    resource_type  TEXT        NOT NULL,
    quantity       BIGINT      NOT NULL,
    unit_price     TEXT        NOT NULL,
    amount         BIGINT      NOT NULL,
    tax_rate       TEXT        NOT NULL,
    tax_amount     BIGINT      NOT NULL,
    service_start  TIMESTAMPTZ,
    service_end    TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, record_seq, line),
    FOREIGN KEY (tenant_id, record_seq) REFERENCES billing_record (tenant_id, seq),
    CHECK ((service_start IS NULL) = (service_end IS NULL)),
    CHECK (service_start < service_end)
);

-- The document behind a record: what is due, and what became of it.
CREATE TABLE invoice (
    tenant_id        TEXT        NOT NULL,
    number           TEXT        NOT NULL,
    record_seq       BIGINT      NOT NULL,
    subscription_id  TEXT,
    -- What it was subscribed to.
    plan             TEXT,
    billing_cycle    TEXT        CHECK (billing_cycle IN ('monthly', 'yearly')),
    kind             TEXT        NOT NULL CHECK (kind IN ('period', 'change', 'external', 'oneoff', 'usage')),
    status           TEXT        NOT NULL CHECK (status IN ('issued', 'paid', 'overdue', 'void', 'refunded')),
    period_start     TIMESTAMPTZ NOT NULL,
    period_end       TIMESTAMPTZ NOT NULL,
    issued_at        TIMESTAMPTZ NOT NULL,
    due_at           TIMESTAMPTZ NOT NULL,
    paid_at          TIMESTAMPTZ,
    currency         TEXT        NOT NULL CHECK (length(currency) = 3),
    net              BIGINT      NOT NULL,
    tax              BIGINT      NOT NULL,
    total            BIGINT      NOT NULL CHECK (total >= 0),
    credit_applied   BIGINT      NOT NULL CHECK (credit_applied >= 0),
    noted            BIGINT      NOT NULL CHECK (noted >= 0),
    returned         BIGINT      NOT NULL CHECK (returned >= 0),
    paid             BIGINT      NOT NULL CHECK (paid >= 0),
    -- What was paid back out of that, and what is held for refunds that are asked for.
    refunded         BIGINT      NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    refunding        BIGINT      NOT NULL DEFAULT 0 CHECK (refunding >= 0),
    payment_method   TEXT,
    -- Who bills and who is billed, as they were at the issue, and whether the prices contain tax.
    seller           TEXT        NOT NULL,
    buyer            TEXT        NOT NULL,
    tax_inclusive    BOOLEAN     NOT NULL,
    -- The zone of the days over which its lines are earned.
    timezone         TEXT        NOT NULL,
    -- When it first failed: a payment was tried in vain, or the due date passed.
    failed_at        TIMESTAMPTZ,
    -- When something was due of it again after nothing had been.
    reopened_at      TIMESTAMPTZ,
    -- How often its payment was asked for.
    attempts         BIGINT      NOT NULL CHECK (attempts >= 0),
    -- When the next step of its dunning is due, while there is one.
    dunning_at       TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, record_seq) REFERENCES billing_record (tenant_id, seq),
    CHECK (net + tax = total),
    CHECK (credit_applied + noted + paid <= total),
    CHECK (noted + returned + refunded + refunding <= total),
    CHECK (refunded + refunding <= paid),
    CHECK (returned + refunded + refunding <= credit_applied + paid),
    CHECK (status <> 'refunded' OR (refunded > 0 AND noted + returned + refunded = total)),
    CHECK (status IN ('paid', 'refunded') OR refunded + refunding = 0),
    CHECK (status <> 'void' OR noted + returned = 0),
    CHECK (period_start < period_end),
    CHECK ((status IN ('issued', 'overdue')) = (paid_at IS NULL) OR status IN ('void', 'refunded')),
    CHECK (status <> 'paid' OR credit_applied + noted + paid = total),
    CHECK (status IN ('issued', 'overdue') OR dunning_at IS NULL),
    CHECK (status <> 'overdue' OR failed_at IS NOT NULL),
    CHECK (failed_at <= due_at),
    -- What an administrator writes is of no subscription, and everything else is of one.
    CHECK ((kind = 'oneoff') = (subscription_id IS NULL)),
    CHECK ((subscription_id IS NULL) = (plan IS NULL)),
    CHECK ((plan IS NULL) = (billing_cycle IS NULL))
);

CREATE UNIQUE INDEX invoice_record ON invoice (tenant_id, record_seq);

-- A period is billed once.
CREATE UNIQUE INDEX invoice_period ON invoice (tenant_id, subscription_id, period_start)
    WHERE kind = 'period';

-- What a subscription was billed by, in order.
CREATE INDEX invoice_subscription ON invoice (tenant_id, subscription_id, record_seq)
    WHERE kind <> 'external';

-- What is open of a subscription.
CREATE INDEX invoice_open ON invoice (tenant_id, subscription_id)
    WHERE status IN ('issued', 'overdue');

-- Lists by status, of a tenant and over all tenants, in the order of their issue.
CREATE INDEX invoice_listed ON invoice (tenant_id, status, issued_at, record_seq);
CREATE INDEX invoice_listed_of_all ON invoice (status, issued_at, tenant_id, record_seq);

-- Whose dunning is due, over all tenants, and of one.
CREATE INDEX invoice_dunning ON invoice (dunning_at, tenant_id, number)
    WHERE dunning_at IS NOT NULL;
CREATE INDEX invoice_dunning_of_tenant ON invoice (tenant_id, dunning_at, number)
    WHERE dunning_at IS NOT NULL;

-- The steps of dunning that were taken: `due_at` is when the policy had them, `done_at` when they
-- were. Each comes once. A retry has the number of its attempt; the suspension and the cancellation
-- are counted from 0, since they may come again after something was due again. INSERT only.
CREATE TABLE dunning_step (
    tenant_id       TEXT        NOT NULL,
    invoice_number  TEXT        NOT NULL,
    kind            TEXT        NOT NULL CHECK (kind IN ('overdue', 'retry', 'suspend', 'cancel')),
    number          BIGINT      NOT NULL CHECK (number >= 0),
    due_at          TIMESTAMPTZ NOT NULL,
    done_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, invoice_number, kind, number),
    FOREIGN KEY (tenant_id, invoice_number) REFERENCES invoice (tenant_id, number),
    CHECK (kind <> 'overdue' OR number = 0),
    CHECK (due_at <= done_at)
);

-- The last number given of a tenant's series in a year.
CREATE TABLE invoice_series (
    tenant_id    TEXT    NOT NULL,
    series       TEXT    NOT NULL,
    year         BIGINT  NOT NULL,
    last_number  BIGINT  NOT NULL CHECK (last_number >= 1),
    PRIMARY KEY (tenant_id, series, year)
);

-- What was taken back of an invoice. `lowered` was still due, `returned` had been paid and went back
-- as credit. Only whether it is cancelled ever changes.
CREATE TABLE credit_note (
    tenant_id        TEXT        NOT NULL,
    number           TEXT        NOT NULL,
    -- The tenant's first, second, … note.
    seq              BIGINT      NOT NULL CHECK (seq >= 1),
    invoice_number   TEXT        NOT NULL,
    subscription_id  TEXT,
    -- The version of the subscription that the note belongs to, unless somebody asked for it.
    change_version   BIGINT,
    reason           TEXT        NOT NULL CHECK (reason IN ('proration', 'cancellation', 'rollback', 'requested', 'refund')),
    -- The words of whoever asked for it.
    remark           TEXT,
    status           TEXT        NOT NULL CHECK (status IN ('issued', 'applied', 'cancelled')),
    currency         TEXT        NOT NULL CHECK (length(currency) = 3),
    net              BIGINT      NOT NULL,
    tax              BIGINT      NOT NULL,
    total            BIGINT      NOT NULL CHECK (total > 0),
    lowered          BIGINT      NOT NULL CHECK (lowered >= 0),
    returned         BIGINT      NOT NULL CHECK (returned >= 0),
    -- What had been paid and was paid out as a refund, the account that it left, and the refund.
    paid_out         BIGINT      NOT NULL CHECK (paid_out >= 0),
    paid_from        TEXT        CHECK (paid_from IN ('wallet', 'cash')),
    refund_id        TEXT,
    issued_at        TIMESTAMPTZ NOT NULL,
    -- The tenant's zone then, which the year of its number is of.
    timezone         TEXT        NOT NULL,
    cancelled_at     TIMESTAMPTZ,
    -- When it was taken out of lists.
    hidden_at        TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, invoice_number) REFERENCES invoice (tenant_id, number),
    CHECK (net + tax = total),
    CHECK (lowered + returned + paid_out = total),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK (hidden_at IS NULL OR status = 'cancelled'),
    CHECK ((reason IN ('requested', 'refund')) = (change_version IS NULL)),
    CHECK ((reason IN ('requested', 'refund')) = (remark IS NOT NULL)),
    CHECK ((reason = 'refund') = (paid_out > 0)),
    CHECK (reason <> 'refund' OR (lowered = 0 AND returned = 0 AND status <> 'cancelled')),
    CHECK ((reason = 'refund') = (paid_from IS NOT NULL)),
    CHECK ((reason = 'refund') = (refund_id IS NOT NULL))
);

-- A refund is noted once.
CREATE UNIQUE INDEX credit_note_refund ON credit_note (tenant_id, refund_id)
    WHERE refund_id IS NOT NULL;

CREATE UNIQUE INDEX credit_note_seq ON credit_note (tenant_id, seq);

-- The list of all tenants' notes, and whose a number is.
CREATE INDEX credit_note_shown ON credit_note (issued_at, tenant_id, seq) WHERE hidden_at IS NULL;
CREATE INDEX credit_note_number ON credit_note (number);

CREATE INDEX credit_note_invoice ON credit_note (tenant_id, invoice_number);

CREATE INDEX credit_note_change ON credit_note (tenant_id, subscription_id, change_version);

-- What a note takes back at each rate of tax.
CREATE TABLE credit_note_part (
    tenant_id  TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    part       BIGINT  NOT NULL CHECK (part >= 1),
    tax_rate   TEXT    NOT NULL,
    net        BIGINT  NOT NULL,
    tax        BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, number, part),
    FOREIGN KEY (tenant_id, number) REFERENCES credit_note (tenant_id, number)
);

-- The days over which the net of a note was to be earned, or was, from a day up to another; one day
-- where both are the same. Together they are the note's net.
CREATE TABLE credit_note_service (
    tenant_id      TEXT    NOT NULL,
    number         TEXT    NOT NULL,
    piece          BIGINT  NOT NULL CHECK (piece >= 1),
    earned         BOOLEAN NOT NULL,
    service_from   TEXT    NOT NULL CHECK (length(service_from) = 10),
    service_until  TEXT    NOT NULL CHECK (length(service_until) = 10),
    net            BIGINT  NOT NULL CHECK (net <> 0),
    PRIMARY KEY (tenant_id, number, piece),
    FOREIGN KEY (tenant_id, number) REFERENCES credit_note (tenant_id, number),
    CHECK (service_from <= service_until)
);

-- A change of plan or cycle: what it took from the subscription, so that it can be undone, and the
-- invoice that it made, if it made one. Only whether it was undone ever changes.
CREATE TABLE plan_change (
    tenant_id        TEXT        NOT NULL,
    subscription_id  TEXT        NOT NULL,
    -- The version of the subscription that it made.
    version          BIGINT      NOT NULL CHECK (version >= 2),
    changed_at       TIMESTAMPTZ NOT NULL,
    plan             TEXT        NOT NULL REFERENCES plan (name),
    billing_cycle    TEXT        NOT NULL CHECK (billing_cycle IN ('monthly', 'yearly')),
    amount           BIGINT      NOT NULL CHECK (amount >= 0),
    anchor           TEXT        NOT NULL,
    timezone         TEXT        NOT NULL,
    period_number    BIGINT      NOT NULL CHECK (period_number >= 0),
    period_start     TIMESTAMPTZ NOT NULL,
    period_end       TIMESTAMPTZ NOT NULL,
    period_since     BIGINT      NOT NULL CHECK (period_since >= 1 AND period_since < version),
    invoice_number   TEXT,
    undone           BOOLEAN     NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id, version),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, subscription_id),
    FOREIGN KEY (tenant_id, invoice_number) REFERENCES invoice (tenant_id, number),
    CHECK (period_start < period_end)
);

-- What a change asked for and gave back, and of which period. A later change gives back of these.
CREATE TABLE plan_change_line (
    tenant_id        TEXT        NOT NULL,
    subscription_id  TEXT        NOT NULL,
    version          BIGINT      NOT NULL,
    line             BIGINT      NOT NULL CHECK (line >= 1),
    period_since     BIGINT      NOT NULL CHECK (period_since >= 1 AND period_since <= version),
    description      TEXT        NOT NULL,
    net              BIGINT      NOT NULL,
    tax              BIGINT      NOT NULL,
    tax_rate         TEXT        NOT NULL,
    service_start    TIMESTAMPTZ NOT NULL,
    service_end      TIMESTAMPTZ NOT NULL,
    -- The line that it gives back: of an earlier change, or, by the version with which the period
    -- began, of the invoice of the period.
    of_version       BIGINT,
    of_line          BIGINT,
    PRIMARY KEY (tenant_id, subscription_id, version, line),
    FOREIGN KEY (tenant_id, subscription_id, version) REFERENCES plan_change (tenant_id, subscription_id, version),
    CHECK (service_start < service_end),
    CHECK ((of_version IS NULL) = (of_line IS NULL)),
    CHECK (of_version < version)
);
