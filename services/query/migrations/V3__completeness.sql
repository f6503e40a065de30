-- Whether the rows were brought back from the event stores since the tables were made, and which pod is at it until when.
-- Rows that stood here before this table are what they were.
CREATE TABLE read_models (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    complete      boolean NOT NULL,
    claimed_by    text,
    claimed_until timestamptz
);
INSERT INTO read_models (complete)
SELECT EXISTS (SELECT FROM read_products) OR EXISTS (SELECT FROM read_stock) OR EXISTS (SELECT FROM read_orders);
