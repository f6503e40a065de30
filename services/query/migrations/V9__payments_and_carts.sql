-- Payments as billing has carried them out. Nothing of the means of payment, and nobody's id: whose it is, its order says.
CREATE TABLE read_payments (
    -- Follows from the order's id: pay_1 pays ord_1.
    payment_id     text COLLATE "C" PRIMARY KEY,
    status         text NOT NULL,
    -- None, as the currency, where the order was cancelled before billing had begun.
    amount_minor   bigint,
    currency       text,
    captured_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    reason         text,
    refunds        jsonb NOT NULL,
    started_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    version        bigint NOT NULL
);
CREATE INDEX read_payments_newest ON read_payments (started_at DESC, payment_id DESC);
CREATE INDEX read_payments_by_status ON read_payments (status, started_at DESC, payment_id DESC);
CREATE INDEX read_payments_by_amount ON read_payments (coalesce(amount_minor, 0), payment_id);

-- Carts as order keeps them: what is in them, and when somebody changed them last. An empty one keeps its row, so that its version
-- still refuses older events.
CREATE TABLE read_carts (
    cart_id     text COLLATE "C" PRIMARY KEY,
    user_id     text COLLATE "C" NOT NULL,
    lines       jsonb NOT NULL,
    -- Follow from the lines. No value where it is too large, or of several currencies.
    pieces      bigint NOT NULL,
    value_minor bigint,
    currency    text,
    opened_at   timestamptz,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL
);
CREATE INDEX read_carts_open ON read_carts (updated_at DESC, cart_id DESC) WHERE pieces > 0;
CREATE INDEX read_carts_by_value ON read_carts (coalesce(value_minor, 0), cart_id) WHERE pieces > 0;

-- Stock by how much of it is left.
CREATE INDEX read_stock_by_available ON read_stock (available, product_id);
