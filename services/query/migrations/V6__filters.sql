-- What lists are filtered and sorted by. Nothing here is written by a release: indexes follow the rows whoever writes them.

-- A category, and those that it is in: of sweets/chocolate also sweets. No more of a text than an index takes, since what
-- stands in an event was not judged by us.
CREATE OR REPLACE FUNCTION read_category_paths(categories text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT coalesce(array_agg(DISTINCT left(array_to_string(levels[1:level], '/'), 200)), '{}')
        FROM unnest(categories) AS category,
            string_to_array(left(category, 200), '/') AS levels,
            generate_series(1, least(cardinality(levels), 8)) AS level
    );

CREATE INDEX read_products_by_category ON read_products USING gin (read_category_paths(categories)) WHERE NOT deleted;
CREATE INDEX read_products_by_price ON read_products (price_minor, product_id) WHERE NOT deleted;
CREATE INDEX read_products_by_name ON read_products ((left(lower(name COLLATE "C"), 200)), product_id) WHERE NOT deleted;
CREATE INDEX read_orders_by_product ON read_orders USING gin ((jsonb_path_query_array(items, '$[*].product_id')) jsonb_path_ops);
