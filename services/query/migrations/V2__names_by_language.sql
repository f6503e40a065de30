-- What products are called in other languages, by language: {"en": "Kinoko no Yama"}. Rows from before have none.
ALTER TABLE read_products ADD COLUMN names jsonb NOT NULL DEFAULT '{}';
