-- The sets of tables: the live one, which reads ask, and at times one beside it, in a schema of its own: built from the events
-- to become the live one, or kept after it was that. One row. `generation` rises when another set becomes the live one.
CREATE TABLE read_sets (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    generation bigint NOT NULL DEFAULT 0,
    phase      text NOT NULL DEFAULT 'none' CHECK (phase IN ('none', 'building', 'built', 'kept')),
    -- Where the set beside is, and whose folds made it; null when there is none.
    beside     text,
    folds      text,
    began_at   timestamptz,
    built_at   timestamptz,
    live_since timestamptz,
    -- Who is at work on it, and until when unless it is said again.
    holder     text,
    held_until timestamptz
);
INSERT INTO read_sets DEFAULT VALUES;

-- How far the set beside is built: a row a kind and a shard of the event store's time index.
CREATE TABLE read_set_scans (
    kind       text NOT NULL,
    shard      integer NOT NULL,
    position   text,
    done       boolean NOT NULL,
    aggregates bigint NOT NULL,
    failed     bigint NOT NULL,
    PRIMARY KEY (kind, shard)
);
