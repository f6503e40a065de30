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
