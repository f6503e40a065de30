-- Refunds by the shop, oldest first. Rows from before have none, as orders from before.
ALTER TABLE read_orders ADD COLUMN refunds jsonb NOT NULL DEFAULT '[]';
