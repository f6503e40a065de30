/** What stands on the street map: the answer of `GET /ops/street` as nodes, each with its figures and how it does. */
import type { Consumer, Queue, SetAside, Shard, Store, Street } from '../api';

export type Level = 'calm' | 'busy' | 'bad';

export type Node =
  | { kind: 'store'; id: string; level: Level; store: Store }
  | { kind: 'shard'; id: string; level: Level; shard: Shard }
  | { kind: 'topic'; id: string; level: Level; topic: string; setAside: SetAside[] }
  | { kind: 'queue'; id: string; level: Level; queue: Queue }
  | { kind: 'consumer'; id: string; level: Level; consumer: Consumer };

/** From where on a figure deserves a look, and from where on somebody. Seconds, but for counts. */
export const LIMITS = {
  unpublished: { busy: 100, bad: 1_000 },
  unpublishedAge: { busy: 10, bad: 60 },
  lag: { busy: 2, bad: 30 },
  waiting: { busy: 100, bad: 10_000 },
  oldest: { busy: 10, bad: 120 },
  age: { busy: 10, bad: 120 },
  failures: { busy: 0.1, bad: 1 },
} as const;

export function levelOf(value: number | undefined, limit: { busy: number; bad: number }): Level {
  if (value === undefined || value < limit.busy) return 'calm';
  return value < limit.bad ? 'busy' : 'bad';
}

const ORDER: Level[] = ['calm', 'busy', 'bad'];
export const worst = (...levels: Level[]): Level => ORDER[Math.max(0, ...levels.map((level) => ORDER.indexOf(level)))] ?? 'calm';

function shardLevel(shard: Shard): Level {
  if (shard.fault !== undefined) return 'bad';
  return worst(shard.owner === undefined ? 'busy' : 'calm', levelOf(shard.lag_ms === undefined ? undefined : shard.lag_ms / 1000, LIMITS.lag));
}

export interface Lane { queue: Node & { kind: 'queue' }; consumer: (Node & { kind: 'consumer' }) | undefined }

export interface Nodes {
  stores: (Node & { kind: 'store' })[];
  shards: (Node & { kind: 'shard' })[];
  /** Shards that a split or a merge has ended, and which are read to their end. */
  ended: number;
  topic: Node & { kind: 'topic' };
  lanes: Lane[];
}

export function nodesOf(street: Street): Nodes {
  const setAside = street.set_aside;
  const open = street.stream.shards.filter((shard) => !shard.ended || (shard.lag_ms ?? 0) > 0);
  return {
    stores: street.stores.map((store) => ({ kind: 'store', id: `store:${store.service}`, store, level: worst(levelOf(store.unpublished, LIMITS.unpublished), levelOf(store.oldest_seconds, LIMITS.unpublishedAge)) })),
    shards: open.map((shard) => ({ kind: 'shard', id: `shard:${shard.shard}`, shard, level: shardLevel(shard) })),
    ended: street.stream.shards.length - open.length,
    topic: { kind: 'topic', id: `topic:${street.topic}`, topic: street.topic, setAside, level: setAside.some((queue) => queue.dead_letters > 0) ? 'busy' : 'calm' },
    lanes: street.queues.map((queue) => {
      const consumer = street.consumers.find((consumer) => consumer.queue === queue.queue);
      return {
        queue: { kind: 'queue', id: `queue:${queue.queue}`, queue, level: worst(levelOf(queue.waiting, LIMITS.waiting), levelOf(queue.oldest_seconds, LIMITS.oldest), queue.dead_letters > 0 ? 'busy' : 'calm') },
        consumer: consumer && {
          kind: 'consumer', id: `consumer:${consumer.queue}`, consumer,
          level: worst(consumer.breaker_open || consumer.processes === 0 ? 'bad' : 'calm', consumer.paused ? 'busy' : 'calm', levelOf(consumer.failed_per_second, LIMITS.failures), levelOf(consumer.age_seconds, LIMITS.age)),
        },
      };
    }),
  };
}

/** The node of an address, as it is now. */
export function find(nodes: Nodes, id: string | null): Node | undefined {
  if (id === null) return undefined;
  const all: (Node | undefined)[] = [...nodes.stores, ...nodes.shards, nodes.topic, ...nodes.lanes.flatMap((lane) => [lane.queue, lane.consumer])];
  return all.find((node) => node?.id === id);
}
