-- What is written once is refused a change by the database itself.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON chain_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON chain_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON outbox_message FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON outbox_message FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON invoice_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dunning_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON dunning_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON invoice_void FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON invoice_void FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tax_export FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON tax_export FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record_chunk FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON record_chunk FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record_chunk_page FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON record_chunk_page FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON app_price FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON app_price FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON usage_alert_firing FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON usage_alert_firing FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Of a record, only the status changes.
CREATE TRIGGER append_only BEFORE DELETE ON billing_record FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON billing_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_status BEFORE UPDATE OF tenant_id, seq, record_id, invoice_number, subscription_id, app_id, app_seq, type, amount, currency, description, created_at
    ON billing_record FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Of an invoice, only what became of it.
CREATE TRIGGER append_only BEFORE DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON invoice FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_outcome BEFORE UPDATE OF tenant_id, number, record_seq, subscription_id, plan, billing_cycle, kind, period_start, period_end, issued_at, due_at, currency, net, tax, total, seller, buyer, tax_inclusive, timezone
    ON invoice FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Of a credit note, only whether it is cancelled and hidden, and the words of who asked for it; of a change of plan, only whether it was undone.
CREATE TRIGGER append_only BEFORE DELETE ON credit_note FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON credit_note FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_cancelled BEFORE UPDATE OF tenant_id, number, seq, invoice_number, subscription_id, change_version, reason, currency, net, tax, total, lowered, returned, paid_out, paid_from, refund_id, issued_at, timezone
    ON credit_note FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE ON plan_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON plan_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_undone BEFORE UPDATE OF tenant_id, subscription_id, version, changed_at, plan, billing_cycle, amount, anchor, timezone, period_number, period_start, period_end, period_since, invoice_number
    ON plan_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON credit_note_part FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON credit_note_part FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON credit_note_service FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON credit_note_service FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON plan_change_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON plan_change_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Blobs that are read far more often than written, and don't shrink.
ALTER TABLE record_chunk ALTER COLUMN words SET STORAGE EXTERNAL;
ALTER TABLE record_chunk ALTER COLUMN amounts SET STORAGE EXTERNAL;
ALTER TABLE record_chunk_page ALTER COLUMN postings SET STORAGE PLAIN;
ALTER TABLE record_status_block ALTER COLUMN codes SET STORAGE PLAIN;

-- An event goes only when its key is in a pack, and a pack only ever changes what it has.
CREATE FUNCTION refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM usage_pack AS p WHERE p.tenant_id = OLD.tenant_id
            AND p.first_key = (
                SELECT f.first_key FROM usage_pack AS f
                WHERE f.tenant_id = OLD.tenant_id AND f.first_key <= OLD.event_key
                ORDER BY f.first_key DESC LIMIT 1)
            AND position(OLD.event_key IN p.entries) > 0
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'usage_event is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE ON usage_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_packed BEFORE DELETE ON usage_event FOR EACH ROW EXECUTE FUNCTION refuse_loss();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON usage_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE ON usage_pack FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON usage_pack FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_entries BEFORE UPDATE OF tenant_id, first_key ON usage_pack FOR EACH ROW EXECUTE FUNCTION refuse_change();
