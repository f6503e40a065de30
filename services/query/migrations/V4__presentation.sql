-- How products are presented: descriptions by language, categories, and words to find them by. Rows from before have none,
-- as events from before.
ALTER TABLE read_products
    ADD COLUMN descriptions jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN categories   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN search_text  text NOT NULL DEFAULT '';
