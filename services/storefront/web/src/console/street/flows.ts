/** How lanterns go: one for each event where few pass, one for several where many do, and never more than `MOST` a second. */
import type { Nodes } from './nodes';
import type { Places } from './place';
import { feederOf } from './place';

export const MOST = 20;

export interface Flow { id: string; /** The wires one after another. */ path: string; perSecond: number }

/** Paths from the stores to the consumers. Which store an event came from, and by which shard, the figures don't say: both take turns. */
export function flowsOf(nodes: Nodes, places: Places): Flow[] {
  const wire = (from: string, to: string) => places.wires.find((wire) => wire.id === `${from}>${to}`)?.path;
  const flows: Flow[] = [];
  for (const [n, { queue, consumer }] of nodes.lanes.entries()) {
    const perSecond = consumer?.consumer.handled_per_second ?? 0;
    if (!consumer || perSecond <= 0) continue;
    const last = wire(queue.id, consumer.id);
    const feeder = feederOf(queue.queue.queue);
    const [store, shard] = [nodes.stores[n % Math.max(1, nodes.stores.length)], nodes.shards[n % Math.max(1, nodes.shards.length)]];
    const way = feeder
      ? [wire(feeder, queue.id), last]
      : [store && shard && wire(store.id, shard.id), shard && wire(shard.id, nodes.topic.id), wire(nodes.topic.id, queue.id), last];
    const known = way.filter((path): path is string => path !== undefined);
    if (known.length > 0) flows.push({ id: queue.id, path: joined(known), perSecond });
  }
  return flows;
}

/** Joins wires by straight lines through what stands between them. */
function joined(paths: string[]): string {
  return paths.map((path, n) => (n === 0 ? path : path.replace(/^M/, 'L'))).join('');
}

/** How many events one lantern stands for: 1, 2, 5, 10, 20, 50 … */
export function eventsPerLantern(flows: readonly Flow[], most = MOST): number {
  const total = flows.reduce((sum, flow) => sum + flow.perSecond, 0);
  for (let step = 1; ; step *= 10) {
    for (const times of [1, 2, 5]) if (total / (step * times) <= most) return step * times;
  }
}

/** Which flows light a lantern after `seconds`; `owed` carries parts of lanterns on. */
export function due(flows: readonly Flow[], owed: Map<string, number>, seconds: number, each: number): Flow[] {
  return flows.filter((flow) => {
    // Not all flows start on the same beat.
    const sum = (owed.get(flow.id) ?? (flow.id.length * 0.37) % 1) + (flow.perSecond / each) * seconds;
    owed.set(flow.id, sum >= 1 ? Math.min(sum - 1, 1) : sum);
    return sum >= 1;
  });
}
