/** Where a lantern goes: from its store through the stream to the topic, and on to whom the topic hands the event. */
import type { Nodes } from '../nodes';
import type { Places } from '../place';
import type { Step, Ways } from './steps';

export interface Way { /** To the topic. */ trunk: string; /** From there on, a path for each consumer. */ branches: string[] }

/** The way of a step; `null` where the map has none. A shard that it doesn't show stands for one that it does. */
export function wayOf(step: Pick<Step, 'event_type' | 'service' | 'shard'>, ways: Ways, nodes: Nodes, places: Places): Way | null {
  const wire = (from: string, to: string) => places.wires.find(({ id }) => id === `${from}>${to}`)?.path;
  const shard = nodes.shards.find(({ id }) => id === `shard:${step.shard}`) ?? nodes.shards[0];
  const [first, second] = [shard && wire(`store:${step.service}`, shard.id), shard && wire(shard.id, nodes.topic.id)];
  if (!first || !second) return null;
  const branches: string[] = [];
  for (const { queue, consumer } of nodes.lanes) {
    if (!ways[step.event_type]?.includes(queue.queue.queue)) continue;
    const on = wire(nodes.topic.id, queue.id);
    const last = consumer && wire(queue.id, consumer.id);
    if (on) branches.push(last ? joined(on, last) : on);
  }
  return { trunk: joined(first, second), branches };
}

/** Joins wires by a straight line through what stands between them. */
function joined(first: string, second: string): string {
  return first + second.replace(/^M/, 'L');
}

/** After how many milliseconds each of so many starts that came at once, so that they walk in a row. */
export function starts(count: number, within = 900): number[] {
  return Array.from({ length: count }, (_, n) => Math.round((n * within) / Math.max(1, count)));
}
