-- Which folding a row's words for search are of, and of which version of the row. A release that folds otherwise has a higher
-- number, and finds by it the rows that are of a lower one, whoever writes them while releases change. Rows from before are of
-- none: they are folded anew.
ALTER TABLE read_products
    ADD COLUMN search_folding integer NOT NULL DEFAULT 0,
    ADD COLUMN search_folded  bigint;

CREATE INDEX read_products_unfolded ON read_products (product_id) WHERE search_folded IS DISTINCT FROM version;
CREATE INDEX read_products_by_folding ON read_products (search_folding, product_id) WHERE NOT deleted;
