-- A copied database must not be able to write to a debtor.
UPDATE res_company
   SET recouvrement_test_mode = true, recouvrement_test_email = NULL;
UPDATE recouvrement_delivery
   SET state = 'failed',
       failure_reason = 'neutralized' -- a code: see delivery_history.py
 WHERE state IN ('queued', 'sending');
-- A letter that is ready bears no mark of a test: it is written again, with the mark.
UPDATE recouvrement_delivery
   SET state = 'failed', attachment_id = NULL, printed_on = NULL,
       failure_reason = 'neutralized'
 WHERE state = 'todo' AND channel IN ('letter', 'registered');
UPDATE ir_cron c
   SET active = false
  FROM ir_model_data d
 WHERE d.module = 'recouvrement_amiable'
   AND d.model = 'ir.cron'
   AND d.res_id = c.id;
