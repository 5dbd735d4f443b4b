DROP TABLE secrets;
DROP TABLE webhook_deliveries;
