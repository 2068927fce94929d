-- What is written once is refused a change by the database itself.
CREATE TRIGGER ledger_transfer_no_update BEFORE UPDATE ON ledger_transfer BEGIN SELECT RAISE(ABORT, 'ledger_transfer is append-only'); END;
CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer BEGIN SELECT RAISE(ABORT, 'ledger_transfer is append-only'); END;
CREATE TRIGGER chain_event_no_update BEFORE UPDATE ON chain_event BEGIN SELECT RAISE(ABORT, 'chain_event is append-only'); END;
CREATE TRIGGER chain_event_no_delete BEFORE DELETE ON chain_event BEGIN SELECT RAISE(ABORT, 'chain_event is append-only'); END;
CREATE TRIGGER outbox_message_no_update BEFORE UPDATE ON outbox_message BEGIN SELECT RAISE(ABORT, 'outbox_message is append-only'); END;
CREATE TRIGGER outbox_message_no_delete BEFORE DELETE ON outbox_message BEGIN SELECT RAISE(ABORT, 'outbox_message is append-only'); END;
CREATE TRIGGER invoice_line_no_update BEFORE UPDATE ON invoice_line BEGIN SELECT RAISE(ABORT, 'invoice_line is append-only'); END;
CREATE TRIGGER invoice_line_no_delete BEFORE DELETE ON invoice_line BEGIN SELECT RAISE(ABORT, 'invoice_line is append-only'); END;
CREATE TRIGGER dunning_step_no_update BEFORE UPDATE ON dunning_step BEGIN SELECT RAISE(ABORT, 'dunning_step is append-only'); END;
CREATE TRIGGER dunning_step_no_delete BEFORE DELETE ON dunning_step BEGIN SELECT RAISE(ABORT, 'dunning_step is append-only'); END;
CREATE TRIGGER invoice_void_no_update BEFORE UPDATE ON invoice_void BEGIN SELECT RAISE(ABORT, 'invoice_void is append-only'); END;
CREATE TRIGGER invoice_void_no_delete BEFORE DELETE ON invoice_void BEGIN SELECT RAISE(ABORT, 'invoice_void is append-only'); END;
CREATE TRIGGER tax_export_no_update BEFORE UPDATE ON tax_export BEGIN SELECT RAISE(ABORT, 'tax_export is append-only'); END;
CREATE TRIGGER tax_export_no_delete BEFORE DELETE ON tax_export BEGIN SELECT RAISE(ABORT, 'tax_export is append-only'); END;
CREATE TRIGGER record_chunk_no_update BEFORE UPDATE ON record_chunk BEGIN SELECT RAISE(ABORT, 'record_chunk is append-only'); END;
CREATE TRIGGER record_chunk_no_delete BEFORE DELETE ON record_chunk BEGIN SELECT RAISE(ABORT, 'record_chunk is append-only'); END;
CREATE TRIGGER record_chunk_page_no_update BEFORE UPDATE ON record_chunk_page BEGIN SELECT RAISE(ABORT, 'record_chunk_page is append-only'); END;
CREATE TRIGGER record_chunk_page_no_delete BEFORE DELETE ON record_chunk_page BEGIN SELECT RAISE(ABORT, 'record_chunk_page is append-only'); END;
CREATE TRIGGER app_price_no_update BEFORE UPDATE ON app_price BEGIN SELECT RAISE(ABORT, 'app_price is append-only'); END;
CREATE TRIGGER app_price_no_delete BEFORE DELETE ON app_price BEGIN SELECT RAISE(ABORT, 'app_price is append-only'); END;
CREATE TRIGGER usage_alert_firing_no_update BEFORE UPDATE ON usage_alert_firing BEGIN SELECT RAISE(ABORT, 'usage_alert_firing is append-only'); END;
CREATE TRIGGER usage_alert_firing_no_delete BEFORE DELETE ON usage_alert_firing BEGIN SELECT RAISE(ABORT, 'usage_alert_firing is append-only'); END;

-- Of a record, only the status changes.
CREATE TRIGGER billing_record_no_delete BEFORE DELETE ON billing_record BEGIN SELECT RAISE(ABORT, 'billing_record is append-only'); END;
CREATE TRIGGER billing_record_only_status BEFORE UPDATE OF tenant_id, seq, record_id, invoice_number, subscription_id, app_id, app_seq, type, amount, currency, description, created_at
    ON billing_record BEGIN SELECT RAISE(ABORT, 'billing_record is append-only'); END;

-- Of an invoice, only what became of it.
CREATE TRIGGER invoice_no_delete BEFORE DELETE ON invoice BEGIN SELECT RAISE(ABORT, 'invoice is append-only'); END;
CREATE TRIGGER invoice_only_outcome BEFORE UPDATE OF tenant_id, number, record_seq, subscription_id, plan, billing_cycle, kind, period_start, period_end, issued_at, due_at, currency, net, tax, total, seller, buyer, tax_inclusive, timezone
    ON invoice BEGIN SELECT RAISE(ABORT, 'invoice is append-only'); END;

-- Of a credit note, only whether it is cancelled and hidden, and the words of who asked for it; of a change of plan, only whether it was undone.
CREATE TRIGGER credit_note_no_delete BEFORE DELETE ON credit_note BEGIN SELECT RAISE(ABORT, 'credit_note is append-only'); END;
CREATE TRIGGER credit_note_only_cancelled BEFORE UPDATE OF tenant_id, number, seq, invoice_number, subscription_id, change_version, reason, currency, net, tax, total, lowered, returned, paid_out, paid_from, refund_id, issued_at, timezone
    ON credit_note BEGIN SELECT RAISE(ABORT, 'credit_note is append-only'); END;
CREATE TRIGGER plan_change_no_delete BEFORE DELETE ON plan_change BEGIN SELECT RAISE(ABORT, 'plan_change is append-only'); END;
CREATE TRIGGER plan_change_only_undone BEFORE UPDATE OF tenant_id, subscription_id, version, changed_at, plan, billing_cycle, amount, anchor, timezone, period_number, period_start, period_end, period_since, invoice_number
    ON plan_change BEGIN SELECT RAISE(ABORT, 'plan_change is append-only'); END;
CREATE TRIGGER credit_note_part_no_update BEFORE UPDATE ON credit_note_part BEGIN SELECT RAISE(ABORT, 'credit_note_part is append-only'); END;
CREATE TRIGGER credit_note_part_no_delete BEFORE DELETE ON credit_note_part BEGIN SELECT RAISE(ABORT, 'credit_note_part is append-only'); END;
CREATE TRIGGER credit_note_service_no_update BEFORE UPDATE ON credit_note_service BEGIN SELECT RAISE(ABORT, 'credit_note_service is append-only'); END;
CREATE TRIGGER credit_note_service_no_delete BEFORE DELETE ON credit_note_service BEGIN SELECT RAISE(ABORT, 'credit_note_service is append-only'); END;
CREATE TRIGGER plan_change_line_no_update BEFORE UPDATE ON plan_change_line BEGIN SELECT RAISE(ABORT, 'plan_change_line is append-only'); END;
CREATE TRIGGER plan_change_line_no_delete BEFORE DELETE ON plan_change_line BEGIN SELECT RAISE(ABORT, 'plan_change_line is append-only'); END;

-- An event goes only when its key is in a pack, and a pack only ever changes what it has.
CREATE TRIGGER usage_event_no_update BEFORE UPDATE ON usage_event BEGIN SELECT RAISE(ABORT, 'usage_event is append-only'); END;
CREATE TRIGGER usage_event_only_packed BEFORE DELETE ON usage_event WHEN NOT EXISTS (
        SELECT 1 FROM usage_pack AS p WHERE p.tenant_id = OLD.tenant_id
            AND p.first_key = (
                SELECT f.first_key FROM usage_pack AS f
                WHERE f.tenant_id = OLD.tenant_id AND f.first_key <= OLD.event_key
                ORDER BY f.first_key DESC LIMIT 1)
            AND instr(p.entries, OLD.event_key) > 0)
    BEGIN SELECT RAISE(ABORT, 'usage_event is append-only'); END;
CREATE TRIGGER usage_pack_no_delete BEFORE DELETE ON usage_pack BEGIN SELECT RAISE(ABORT, 'usage_pack is append-only'); END;
CREATE TRIGGER usage_pack_only_entries BEFORE UPDATE OF tenant_id, first_key ON usage_pack BEGIN SELECT RAISE(ABORT, 'usage_pack is append-only'); END;
