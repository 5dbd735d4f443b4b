-- How long a delivery was put off: a time that lies further ahead was set before the clock was set back.
ALTER TABLE webhook_deliveries ADD COLUMN wait_s double precision NOT NULL DEFAULT 0;
-- Those that wait from before are put off by a day at the most.
UPDATE webhook_deliveries SET wait_s = 86400 WHERE outcome IS NULL;
