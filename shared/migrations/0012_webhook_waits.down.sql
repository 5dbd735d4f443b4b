ALTER TABLE webhook_deliveries DROP COLUMN wait_s;
