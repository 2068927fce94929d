-- The ledger. Amounts are BIGINT in 1/10,000 of the currency's major unit.

-- Where a tenant's ledger stands: counters, and each account's lifetime debits and credits. It is
-- derived from the transfers, changes with them in one transaction, and `verify` compares the two.
CREATE TABLE ledger_book (
    tenant_id                TEXT        NOT NULL PRIMARY KEY,
    currency                 TEXT        NOT NULL CHECK (length(currency) = 3),
    last_at                  TIMESTAMPTZ NOT NULL,
    last_seq                 BIGINT      NOT NULL CHECK (last_seq >= 1),
    credit_seq               BIGINT      NOT NULL CHECK (credit_seq BETWEEN 0 AND last_seq),
    proration_seq            BIGINT      NOT NULL,
    refund_seq               BIGINT      NOT NULL,
    promo_seq                BIGINT      NOT NULL,
    manual_adjust_seq        BIGINT      NOT NULL,
    invoice_payment_seq      BIGINT      NOT NULL,
    debit_receivable         BIGINT      NOT NULL CHECK (debit_receivable BETWEEN 0 AND 1000000000000000000),
    credit_receivable        BIGINT      NOT NULL CHECK (credit_receivable BETWEEN 0 AND 1000000000000000000),
    debit_credit             BIGINT      NOT NULL CHECK (debit_credit BETWEEN 0 AND 1000000000000000000),
    credit_credit            BIGINT      NOT NULL CHECK (credit_credit BETWEEN 0 AND 1000000000000000000),
    debit_cash               BIGINT      NOT NULL CHECK (debit_cash BETWEEN 0 AND 1000000000000000000),
    credit_cash              BIGINT      NOT NULL CHECK (credit_cash BETWEEN 0 AND 1000000000000000000),
    debit_wallet             BIGINT      NOT NULL CHECK (debit_wallet BETWEEN 0 AND 1000000000000000000),
    credit_wallet            BIGINT      NOT NULL CHECK (credit_wallet BETWEEN 0 AND 1000000000000000000),
    debit_revenue            BIGINT      NOT NULL CHECK (debit_revenue BETWEEN 0 AND 1000000000000000000),
    credit_revenue           BIGINT      NOT NULL CHECK (credit_revenue BETWEEN 0 AND 1000000000000000000),
    debit_deferred_revenue   BIGINT      NOT NULL CHECK (debit_deferred_revenue BETWEEN 0 AND 1000000000000000000),
    credit_deferred_revenue  BIGINT      NOT NULL CHECK (credit_deferred_revenue BETWEEN 0 AND 1000000000000000000),
    debit_tax_payable        BIGINT      NOT NULL CHECK (debit_tax_payable BETWEEN 0 AND 1000000000000000000),
    credit_tax_payable       BIGINT      NOT NULL CHECK (credit_tax_payable BETWEEN 0 AND 1000000000000000000),
    debit_refunds            BIGINT      NOT NULL CHECK (debit_refunds BETWEEN 0 AND 1000000000000000000),
    credit_refunds           BIGINT      NOT NULL CHECK (credit_refunds BETWEEN 0 AND 1000000000000000000),
    debit_promotions         BIGINT      NOT NULL CHECK (debit_promotions BETWEEN 0 AND 1000000000000000000),
    credit_promotions        BIGINT      NOT NULL CHECK (credit_promotions BETWEEN 0 AND 1000000000000000000),
    -- The months that earn what is deferred: '2026-04:986300 2026-05:1019200'. They sum to its balance.
    deferred                 TEXT        NOT NULL,
    -- The last month that was closed with something in it.
    closed_month             TEXT        CHECK (length(closed_month) = 7),
    -- When the first month is to be closed.
    close_at                 TIMESTAMPTZ,
    -- Credit is never overdrawn.
    CHECK (credit_credit >= debit_credit),
    -- Every credit transaction has one source.
    CHECK (credit_seq = proration_seq + refund_seq + promo_seq + manual_adjust_seq + invoice_payment_seq),
    CHECK ((deferred = '') = (close_at IS NULL)),
    CHECK (deferred <> '' OR credit_deferred_revenue = debit_deferred_revenue)
);

-- Whose month is to be closed next, over all tenants. A posting seldom changes it.
CREATE INDEX ledger_book_close ON ledger_book (close_at, tenant_id)
    WHERE close_at IS NOT NULL;

-- One move of money from one account to another. INSERT only. A move that touches the credit
-- account is also a credit transaction, with all that its list shows.
CREATE TABLE ledger_transfer (
    tenant_id      TEXT        NOT NULL,
    seq            BIGINT      NOT NULL CHECK (seq >= 1),
    cause_id       TEXT        NOT NULL,
    leg            BIGINT      NOT NULL CHECK (leg >= 1),
    kind           TEXT        NOT NULL,
    debit          TEXT        NOT NULL CHECK (debit IN ('receivable', 'credit', 'cash', 'wallet', 'revenue', 'deferred_revenue', 'tax_payable', 'refunds', 'promotions')),
    credit         TEXT        NOT NULL CHECK (credit IN ('receivable', 'credit', 'cash', 'wallet', 'revenue', 'deferred_revenue', 'tax_payable', 'refunds', 'promotions')),
    amount         BIGINT      NOT NULL CHECK (amount > 0),
    created_at     TIMESTAMPTZ NOT NULL,
    credit_id      TEXT,
    credit_seq     BIGINT      CHECK (credit_seq >= 1),
    source         TEXT        CHECK (source IN ('proration', 'refund', 'promo', 'manual_adjust', 'invoice_payment')),
    source_seq     BIGINT      CHECK (source_seq >= 1),
    balance_after  BIGINT      CHECK (balance_after BETWEEN 0 AND 1000000000000000000),
    source_id      TEXT,
    remark         TEXT,
    -- The month that was open when something was deferred, earned or taken back, or the one that was
    -- closed.
    month          TEXT        CHECK (length(month) = 7),
    PRIMARY KEY (tenant_id, seq),
    CHECK (debit <> credit),
    CHECK ((debit = 'credit' OR credit = 'credit') = (credit_id IS NOT NULL)),
    CHECK ((credit_id IS NULL) = (credit_seq IS NULL)),
    CHECK ((credit_id IS NULL) = (source IS NULL)),
    CHECK ((credit_id IS NULL) = (source_seq IS NULL)),
    CHECK ((credit_id IS NULL) = (balance_after IS NULL)),
    CHECK (credit_id IS NOT NULL OR (source_id IS NULL AND remark IS NULL)),
    CHECK ((debit IN ('deferred_revenue', 'revenue', 'refunds') OR credit IN ('deferred_revenue', 'revenue', 'refunds')) = (month IS NOT NULL))
);

-- The same cause posts once.
CREATE UNIQUE INDEX ledger_transfer_cause ON ledger_transfer (tenant_id, cause_id, leg);

CREATE UNIQUE INDEX ledger_transfer_credit ON ledger_transfer (tenant_id, credit_seq)
    WHERE credit_seq IS NOT NULL;

CREATE UNIQUE INDEX ledger_transfer_source ON ledger_transfer (tenant_id, source, source_seq)
    WHERE source IS NOT NULL;
