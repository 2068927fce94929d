-- What reports are made of: kept beside what they sum up, so that nobody has to count.

-- What was posted for each month: what it earned, and what was taken back in it of what was earned.
-- It is derived from the transfers, changes with them in one transaction, and `verify` compares the
-- two. Months to come are in `ledger_book.deferred`.
CREATE TABLE revenue_month (
    tenant_id   TEXT    NOT NULL,
    month       TEXT    NOT NULL CHECK (length(month) = 7),
    earned      BIGINT  NOT NULL CHECK (earned BETWEEN -1000000000000000000 AND 1000000000000000000),
    taken_back  BIGINT  NOT NULL CHECK (taken_back BETWEEN -1000000000000000000 AND 1000000000000000000),
    PRIMARY KEY (tenant_id, month)
);

-- What was paid for the records of an app, and paid back of it.
CREATE TABLE app_spend (
    tenant_id  TEXT    NOT NULL,
    app_id     TEXT    NOT NULL CHECK (app_id <> ''),
    paid       BIGINT  NOT NULL CHECK (paid BETWEEN 0 AND 1000000000000000000),
    refunded   BIGINT  NOT NULL CHECK (refunded >= 0),
    PRIMARY KEY (tenant_id, app_id),
    CHECK (refunded <= paid)
);

-- When an invoice was withdrawn. INSERT only.
CREATE TABLE invoice_void (
    tenant_id  TEXT        NOT NULL,
    number     TEXT        NOT NULL,
    voided_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, number) REFERENCES invoice (tenant_id, number)
);

CREATE INDEX invoice_void_at ON invoice_void (tenant_id, voided_at, number);

-- What notes were cancelled, by when.
CREATE INDEX credit_note_cancelled ON credit_note (tenant_id, cancelled_at, number)
    WHERE cancelled_at IS NOT NULL;

-- Reports of taxes that were asked for: of which days, and how far the tenant was. A download is made
-- again from that. INSERT only.
CREATE TABLE tax_export (
    tenant_id      TEXT        NOT NULL,
    -- The tenant's first, second, … export, and so within those of the same period.
    seq            BIGINT      NOT NULL CHECK (seq >= 1),
    period         TEXT        NOT NULL,
    period_seq     BIGINT      NOT NULL CHECK (period_seq BETWEEN 1 AND seq),
    tax_report_id  TEXT        NOT NULL,
    format         TEXT        NOT NULL CHECK (format IN ('csv', 'json')),
    -- The zone of the days.
    timezone       TEXT        NOT NULL,
    starts_at      TIMESTAMPTZ NOT NULL,
    ends_at        TIMESTAMPTZ NOT NULL,
    as_of          TIMESTAMPTZ NOT NULL,
    -- The last record, note and transfer: an instant alone can't tell what is in it, since more may
    -- happen in the same second.
    last_record    BIGINT      NOT NULL CHECK (last_record >= 0),
    last_note      BIGINT      NOT NULL CHECK (last_note >= 0),
    last_transfer  BIGINT      NOT NULL CHECK (last_transfer >= 0),
    currency       TEXT        NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (tenant_id, seq),
    CHECK (starts_at <= ends_at)
);

CREATE UNIQUE INDEX tax_export_period ON tax_export (tenant_id, period, period_seq);

CREATE UNIQUE INDEX tax_export_id ON tax_export (tenant_id, tax_report_id);
