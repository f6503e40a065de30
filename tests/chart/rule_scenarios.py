"""For each alert of the chart: series that set it off, and series that are near it and don't."""

import chart
from rules import ROLE, Scenario, histogram, series

METRICS = {figure["prometheus"]: figure for figure in chart.described()["metrics"]}
AGE, REQUEST = "shotengai_consumer_event_age_seconds", "http_server_request_duration_seconds"


def ages(values, above, consumer):
    """Events that `consumer` handled so late, as a histogram."""
    return histogram(AGE, METRICS[AGE]["buckets"], values, above=above, consumer=consumer)


def answers(values, above, role):
    """Requests that were answered so late, as a histogram."""
    return histogram(REQUEST, METRICS[REQUEST]["buckets"], values, above=above, role=role)


def orders(placed, in_time, about, alert, at, fires=(), late="0x100000"):
    """Orders that were placed, and those that were decided in time and late, a minute each. Nobody scrapes so seldom; days are
    many samples."""
    of = {
        series("shop_orders_total", role="order", state="pending"): placed,
        series("shop_order_decisions_total", role="order", pace="in_time"): in_time,
        series("shop_order_decisions_total", role="order", pace="late"): late,
    }
    return Scenario(alert, about, of, at, list(fires), every=60)


FAST, SLOW = "ShotengaiOrderBudgetBurnsFast", "ShotengaiOrderBudgetBurns"
OBJECTIVE = [
    orders("0+1000x120", "0+950x120", "one in twenty is late, for an hour", FAST, "90m", [{}], late="0+50x120"),
    orders("0+1000x120", "0x120", "nothing is decided at all", FAST, "20m", [{}]),
    orders("0+1000x600", "0+992x600", "eight in a thousand are late, for hours", FAST, "9h", [{}], late="0+8x600"),
    orders("0+1000x600", "0+999.5x600", "half of the budget is used", FAST, "9h"),
    orders("0+1000x120", "0+1000x120", "all are in time", FAST, "90m"),
    orders("0+1000x50 51000+1000x100", "0+1000x50 50500+1000x100", "half a minute was late, and it is over", FAST, "100m", late="0x50 500x100"),
    orders("0x120", "0x120", "nobody orders", FAST, "90m"),
    *(
        Scenario(FAST, f"one order, decided by a pod that is scraped later, {at} after the start", {
            series("shop_orders_total", role="order", pod="order-0", state="pending"): "0x30 1x60",
            series("shop_order_decisions_total", role="order", pod="order-1", pace="in_time"): "0x31 1x60",
        }, at, every=60)
        for at in ("31m", "32m", "36m")
    ),
    Scenario(FAST, "ten orders an hour, and one of them decided by a pod before it is scraped", {
        series("shop_orders_total", role="order", pod="order-0", state="pending"): "0 0 0 1x6 2x6 3x6 4x6 5x6 6x6 7x6 8x6 9x5 10x40",
        series("shop_order_decisions_total", role="order", pod="order-0", pace="in_time"): "0 0 0 1x6 2x6 3x6 4x6 5x6 6x6 7x6 8x6 9x45",
        series("shop_order_decisions_total", role="order", pod="order-1", pace="in_time"): "_x63 1x40",
    }, "66m", every=60),
    Scenario(FAST, "three of ten orders an hour are late", {
        series("shop_orders_total", role="order", state="pending"): "0+0.2x120",
        series("shop_order_decisions_total", role="order", pace="in_time"): "0+0.14x120",
        series("shop_order_decisions_total", role="order", pace="late"): "0+0.06x120",
    }, "90m", [{}], every=60),
    orders("0+1000x3000", "0+996.5x3000", "three and a half in a thousand are late, for a day", SLOW, "30h", [{}], late="0+3.5x3000"),
    orders("0+1000x6000", "0+998.5x6000", "one and a half in a thousand are late, for days", SLOW, "90h", [{}], late="0+1.5x6000"),
    orders("0+1000x6000", "0+999.5x6000", "half of the budget is used", SLOW, "90h", late="0+0.5x6000"),
    orders("0+1000x1000 1001000+1000x2000", "0+980x1000 981000+1000x2000", "it was bad yesterday and has been good for hours", SLOW, "30h", late="0+20x1000 20000x2000"),
]

ROLES = [
    Scenario("ShotengaiRoleAway", "every pod is down", {series("up", role="order"): "0x20", **{series("up", role=role): "1x20" for role in chart.facts() if role != "order"}}, "3m", [{"role": "order"}]),
    Scenario("ShotengaiRoleAway", "one pod of two answers", {series("up", role=role, pod=f"{role}-{n}"): f"{n}x20" for role in chart.facts() for n in (0, 1)}, "8m"),
    Scenario("ShotengaiRoleAway", "a pod of another release is none of ours", {series("up", {"namespace": "shops", "job": "another"}, role=role): "1x20" for role in chart.facts()}, "3m", [{"role": role} for role in chart.facts()]),
    Scenario("ShotengaiRoleAway", "a restart takes a minute", {series("up", role=role): "1x8 0 0 1x8" for role in chart.facts()}, "5m30s"),
    Scenario("ShotengaiDependencyDown", "it is away", {series("shotengai_dependency_up", role="order", dependency="dynamodb"): "1x4 0x20"}, "8m", [{ROLE: "order", "dependency": "dynamodb"}]),
    Scenario("ShotengaiDependencyDown", "one pod of two can't reach it", {series("shotengai_dependency_up", role="query", dependency="postgresql", pod=f"query-{n}"): f"{n}x20" for n in (0, 1)}, "8m", [{ROLE: "query", "dependency": "postgresql"}]),
    Scenario("ShotengaiDependencyDown", "it was away for two minutes", {series("shotengai_dependency_up", role="order", dependency="dynamodb"): "1x4 0x3 1x20"}, "6m"),
    Scenario("ShotengaiRequestsFail", "a tenth fails", {series(f"{REQUEST}_count", role="order", http_response_status_code=status): f"0+{n}x40" for status, n in (("200", 27), ("503", 3))}, "15m", [{ROLE: "order"}]),
    Scenario("ShotengaiRequestsFail", "one in a hundred fails", {series(f"{REQUEST}_count", role="order", http_response_status_code=status): f"0+{n}x40" for status, n in (("200", 99), ("503", 1))}, "15m"),
    Scenario("ShotengaiRequestsFail", "what callers do wrong is no failure", {series(f"{REQUEST}_count", role="order", http_response_status_code=status): "0+30x40" for status in ("200", "404", "409")}, "15m"),
    Scenario("ShotengaiRequestsFail", "nobody asks", {series(f"{REQUEST}_count", role="order", http_response_status_code="503"): "7x40"}, "15m"),
    Scenario("ShotengaiRequestsSlow", "answers take five seconds", answers("0+9x60", 5, "query"), "20m", [{ROLE: "query"}]),
    Scenario("ShotengaiRequestsSlow", "answers take half a second", answers("0+9x60", 0.5, "query"), "20m"),
    Scenario("ShotengaiRequestsSlow", "they were slow for some minutes", answers("0+9x10 90x50", 5, "query"), "20m"),
]

CONSUMERS = [
    Scenario("ShotengaiBreakerOpen", "it stays open", {series("shotengai_consumer_breaker_open", consumer="billing"): "0x2 1x20"}, "8m", [{"consumer": "billing"}]),
    Scenario("ShotengaiBreakerOpen", "it closes after two minutes", {series("shotengai_consumer_breaker_open", consumer="billing"): "0x2 1x4 0x20"}, "8m"),
    Scenario("ShotengaiDeadLetters", "one is written", {series("shotengai_dead_letters_total", consumer="order", reason="refused"): "0x4 1x20"}, "5m", [{"consumer": "order", "reason": "refused"}]),
    Scenario("ShotengaiDeadLetters", "none is written since", {series("shotengai_dead_letters_total", consumer="order", reason="refused"): "3x40"}, "15m"),
    Scenario("ShotengaiDeadLetters", "a pod that begins anew has written none", {series("shotengai_dead_letters_total", consumer="order", reason="refused"): "3x10 0x10"}, "8m"),
    Scenario("ShotengaiLettersWait", "one waits for twenty minutes", {series("shotengai_dead_letters_waiting", queue="order-dlq"): "0x4 1x60", series("shotengai_dead_letters_waiting", queue="tally-dlq"): "0x64"}, "25m", [{"queue": "order-dlq"}]),
    Scenario("ShotengaiLettersWait", "they are redriven within ten minutes", {series("shotengai_dead_letters_waiting", queue="order-dlq"): "0x4 7x20 0x40"}, "25m"),
    Scenario("ShotengaiLettersWait", "ops is evicted now and then, and one waits all the same", {series("shotengai_dead_letters_waiting", queue="order-dlq"): "0x4 1x20 _x6 1x20 _x6 1x40"}, "25m", [{"queue": "order-dlq"}]),
    Scenario("ShotengaiEventsLate", "they take five minutes", ages("0+9x40", 300, "notification"), "15m", [{"consumer": "notification"}]),
    Scenario("ShotengaiEventsLate", "they take half a minute", ages("0+9x40", 30, "notification"), "15m"),
    Scenario("ShotengaiEventsLate", "reminders are late on purpose", ages("0+9x40", 900, "order-deadline"), "15m"),
    Scenario("ShotengaiFaults", "three a second", {series("shotengai_faults_total", operation="PutRecords", kind="throttled"): "0+90x60"}, "25m", [{"operation": "PutRecords", "kind": "throttled"}]),
    Scenario("ShotengaiFaults", "one every two seconds", {series("shotengai_faults_total", operation="PutRecords", kind="throttled"): "0+15x60"}, "25m"),
    Scenario("ShotengaiFaults", "for ten minutes", {series("shotengai_faults_total", operation="PutRecords", kind="throttled"): "0+90x20 1800x60"}, "25m"),
    Scenario("ShotengaiWorkersRestart", "four times", {series("shotengai_worker_restarts_total", worker="ops/steps"): "0x4 1 2 3 4 5x20"}, "8m", [{"worker": "ops/steps"}]),
    Scenario("ShotengaiWorkersRestart", "once", {series("shotengai_worker_restarts_total", worker="ops/steps"): "0x4 1x20"}, "8m"),
]

STREAM = [
    Scenario("ShotengaiShardStuck", "its reader stands still", {series("shotengai_shard_stuck", reader="bridge", shard="shardId-0"): "0x4 1x20"}, "5m", [{"reader": "bridge", "shard": "shardId-0"}]),
    Scenario("ShotengaiShardStuck", "it moved on at once", {series("shotengai_shard_stuck", reader="bridge", shard="shardId-0"): "0x4 1 0x20"}, "3m"),
    Scenario("ShotengaiShardStuck", "the archiver's is another alert's", {series("shotengai_shard_stuck", reader="archiver", shard="shardId-0"): "1x40"}, "15m"),
    Scenario("ShotengaiArchiveBehind", "it is two hours behind", {series("shotengai_reader_shards", reader="archiver"): "1x80", series("shotengai_shard_lag_seconds", reader="archiver", shard="shardId-0"): "0x4 7200x76"}, "25m", [{}]),
    Scenario("ShotengaiArchiveBehind", "one of its shards stands still", {series("shotengai_reader_shards", reader="archiver"): "2x80", **{series("shotengai_shard_stuck", reader="archiver", shard=f"shardId-{n}"): f"0x4 {n}x76" for n in (0, 1)}}, "25m", [{}]),
    Scenario("ShotengaiArchiveBehind", "nobody reads for it", {series("shotengai_reader_shards", reader="archiver"): "0x80", series("shotengai_reader_shards", reader="bridge"): "1x80"}, "25m", [{}]),
    Scenario("ShotengaiArchiveBehind", "it gathers, and a bridge stands still", {series("shotengai_reader_shards", reader="archiver"): "1x80", series("shotengai_shard_lag_seconds", reader="archiver", shard="shardId-0"): "60x80", series("shotengai_shard_stuck", reader="bridge", shard="shardId-0"): "1x80"}, "25m"),
    Scenario("ShotengaiArchiveBehind", "it catches up within ten minutes", {series("shotengai_reader_shards", reader="archiver"): "1x80", series("shotengai_shard_lag_seconds", reader="archiver", shard="shardId-0"): "0x4 7200x20 0x56"}, "25m"),
    Scenario("ShotengaiShardsUnread", "no bridge holds one", {series("shotengai_reader_shards", reader="bridge", pod=f"bridge-{n}"): "0x20" for n in (0, 1)}, "8m", [{}]),
    Scenario("ShotengaiShardsUnread", "there is no bridge", {series("shotengai_reader_shards", reader="prices"): "1x20"}, "8m", [{}]),
    Scenario("ShotengaiShardsUnread", "one bridge of two holds all", {series("shotengai_reader_shards", reader="bridge", pod=f"bridge-{n}"): f"{n}x20" for n in (0, 1)}, "8m"),
    Scenario("ShotengaiPricesUnread", "no catalog reads", {series("shotengai_reader_shards", reader="prices"): "0x20", series("shotengai_reader_shards", reader="bridge"): "4x20"}, "8m", [{}]),
    Scenario("ShotengaiPricesUnread", "one does", {series("shotengai_reader_shards", reader="prices"): "1x20"}, "8m"),
    *(
        scenario
        for alert, reader, other in (("ShotengaiBridgeLags", "bridge", "prices"), ("ShotengaiPricesLag", "prices", "bridge"))
        for scenario in (
            Scenario(alert, "it stays two minutes behind", {series("shotengai_shard_lag_seconds", reader=reader, shard="shardId-0"): "0x4 120x20"}, "9m", [{"shard": "shardId-0"}]),
            Scenario(alert, "it catches up", {series("shotengai_shard_lag_seconds", reader=reader, shard="shardId-0"): "0x4 120x4 0x20"}, "9m"),
            Scenario(alert, "the other reader's lag is another alert's", {series("shotengai_shard_lag_seconds", reader=other, shard="shardId-0"): "120x20"}, "9m"),
        )
    ),
    Scenario("ShotengaiSweeperPublishes", "a fifth is the sweeper's", {series("shotengai_outbox_events_total", service="order", by=by): f"0+{n}x60" for by, n in (("publisher", 8), ("sweeper", 2))}, "25m", [{"service": "order"}]),
    Scenario("ShotengaiSweeperPublishes", "one in fifty is", {series("shotengai_outbox_events_total", service="order", by=by): f"0+{n}x60" for by, n in (("publisher", 49), ("sweeper", 1))}, "25m"),
    Scenario("ShotengaiOutboxOld", "a marker stays on", {series("shotengai_outbox_oldest_seconds", service="order", pod=f"order-{n}"): values for n, values in enumerate(("0x4 150+30x40", "0x50"))}, "15m", [{"service": "order"}]),
    Scenario("ShotengaiOutboxOld", "the sweeper publishes what is a minute old", {series("shotengai_outbox_oldest_seconds", service="order"): "0 60x40"}, "15m"),
    Scenario("ShotengaiCaptureLate", "a commit is missing", {series("shotengai_bridge_capture_missing"): "0x4 1x60"}, "20m", [{}]),
    Scenario("ShotengaiCaptureLate", "it came after ten minutes", {series("shotengai_bridge_capture_missing"): "0x4 1x20 0x60"}, "20m"),
    Scenario("ShotengaiCaptureLost", "one was published a day late", {series("shotengai_bridge_capture_reconciled_total"): "0x4 1x20"}, "8m", [{}]),
    Scenario("ShotengaiCaptureLost", "that was long ago", {series("shotengai_bridge_capture_reconciled_total"): "1x60"}, "25m"),
]

READS = [
    Scenario("ShotengaiProjectionLags", "reads show events half a minute late", ages("0+9x40", 30, "query"), "15m", [{}]),
    Scenario("ShotengaiProjectionLags", "query handles nothing while the bridge passes on", {series("shotengai_bridge_records_total", outcome="published"): "0+30x60", series("shotengai_consumer_deliveries_total", consumer="query", outcome="done"): "90x60", series("shotengai_consumer_deliveries_total", consumer="query", outcome="retry"): "0+30x60"}, "25m", [{}]),
    Scenario("ShotengaiProjectionLags", "nothing happens", {series("shotengai_bridge_records_total", outcome="published"): "90x60", series("shotengai_consumer_deliveries_total", consumer="query", outcome="done"): "90x60"}, "25m"),
    Scenario("ShotengaiProjectionLags", "reads show events after a second", ages("0+9x60", 1, "query") | {series("shotengai_bridge_records_total", outcome="published"): "0+9x60", series("shotengai_consumer_deliveries_total", consumer="query", outcome="done"): "0+9x60"}, "25m"),
    Scenario("ShotengaiProjectionLags", "the first order after query was rolled", {series("shotengai_bridge_records_total", outcome="published"): "90x20 98x60", **{series("shotengai_consumer_deliveries_total", consumer="query", event_type=kind, outcome="done", pod="query-1"): "_x10 0x10 1x60" for kind in ("OrderPlaced", "OrderConfirmed")}}, "18m"),
    Scenario("ShotengaiProjectionLags", "another consumer is late", ages("0+9x40", 300, "notification"), "15m"),
    Scenario("ShotengaiReadModelDamaged", "somebody asked for a damaged row", {series("shotengai_read_model_damaged_total", table="read_orders"): "0x4 1x20"}, "8m", [{"table": "read_orders"}]),
    Scenario("ShotengaiReadModelDamaged", "nobody asks any more", {series("shotengai_read_model_damaged_total", table="read_orders"): "4x60"}, "25m"),
]

SCENARIOS = [*OBJECTIVE, *ROLES, *CONSUMERS, *STREAM, *READS]
