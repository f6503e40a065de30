-- What products are searched by, as the release that wrote a row has folded it: lines of words, and hashes of parts of them.
-- `search_version` is the row's version that they are of. A release that knows nothing of them leaves it behind; query brings
-- such rows up, and those from before, beside everything else.
ALTER TABLE read_products
    ADD COLUMN search_names        text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN search_keywords     text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN search_descriptions text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN search_tokens       integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN search_version      bigint;

-- Without a list of what is still to be entered, which each search would read through.
CREATE INDEX read_products_by_tokens ON read_products USING gin (search_tokens) WITH (fastupdate = off) WHERE NOT deleted;
CREATE INDEX read_products_unsearched ON read_products (product_id) WHERE search_version IS DISTINCT FROM version;
