-- Ids sort by byte in every locale, so that a cursor means the same on every server.

CREATE TABLE read_products (
    product_id  text COLLATE "C" PRIMARY KEY,
    name        text NOT NULL,
    description text NOT NULL,
    price_minor bigint NOT NULL,
    currency    text NOT NULL,
    image_keys  text[] NOT NULL,
    -- A deleted product keeps its row, so that its version still refuses older events.
    deleted     boolean NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL
);
CREATE INDEX read_products_listed ON read_products (created_at, product_id) WHERE NOT deleted;

-- A table of its own: stock has events, and so versions, of its own, which come before or after the product's.
CREATE TABLE read_stock (
    product_id text COLLATE "C" PRIMARY KEY,
    available  bigint NOT NULL,
    reserved   bigint NOT NULL,
    deducted   bigint NOT NULL,
    version    bigint NOT NULL
);

CREATE TABLE read_orders (
    order_id    text COLLATE "C" PRIMARY KEY,
    user_id     text COLLATE "C" NOT NULL,
    status      text NOT NULL,
    items       jsonb NOT NULL,
    total_minor bigint NOT NULL,
    currency    text NOT NULL,
    reason      text,
    note        text,
    placed_at   timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL
);
CREATE INDEX read_orders_of_user ON read_orders (user_id, placed_at DESC, order_id DESC);
CREATE INDEX read_orders_newest ON read_orders (placed_at DESC, order_id DESC);
CREATE INDEX read_orders_by_status ON read_orders (status, placed_at DESC, order_id DESC);
