-- A copied database must not be able to write to a debtor.
UPDATE res_company
   SET recouvrement_test_mode = true, recouvrement_test_email = NULL;
UPDATE recouvrement_delivery
   SET state = 'failed',
       failure_reason = 'neutralized' -- a code: see delivery_history.py
 WHERE state IN ('queued', 'sending');
UPDATE ir_cron c
   SET active = false
  FROM ir_model_data d
 WHERE d.module = 'recouvrement_amiable'
   AND d.model = 'ir.cron'
   AND d.res_id = c.id;
