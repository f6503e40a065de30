/** Where everything stands on the map, in pixels of a picture that is `WIDTH` wide. */
import type { Lane, Nodes } from './nodes';

export const WIDTH = 1_200;
export const ROW = 72;
export const BOX = 60;
const TOP = 34;

export const COLUMNS = {
  stores: { x: 0, width: 172 },
  stream: { x: 244, width: 196 },
  topic: { x: 512, width: 160 },
  queues: { x: 752, width: 202 },
  consumers: { x: 1_006, width: 194 },
} as const;

export interface Box { x: number; y: number; width: number; height: number }
export interface Wire { id: string; path: string; /** Not by the topic: what fills the queue is named beside it. */ from?: 'self' | 'bucket' }

/** Queues that the topic does not feed, by whom else. */
const OTHERS: Record<string, 'self' | 'bucket'> = { 'order-deadline-queue': 'self', 'product-images-queue': 'bucket' };
export const feederOf = (queue: string) => OTHERS[queue];

function column(column: { x: number; width: number }, count: number, height: number): Box[] {
  const free = (height - TOP - count * ROW) / 2;
  return Array.from({ length: count }, (_, n) => ({ x: column.x, y: TOP + Math.max(0, free) + n * ROW + (ROW - BOX) / 2, width: column.width, height: BOX }));
}

const right = (box: Box) => ({ x: box.x + box.width, y: box.y + box.height / 2 });
const left = (box: Box) => ({ x: box.x, y: box.y + box.height / 2 });

function curve(a: { x: number; y: number }, b: { x: number; y: number }): string {
  const middle = (a.x + b.x) / 2;
  return `M${a.x} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`;
}

export interface Places { height: number; boxes: Map<string, Box>; wires: Wire[]; back: string }

export function placesOf(nodes: Nodes): Places {
  const rows = Math.max(nodes.lanes.length, nodes.stores.length, nodes.shards.length, 3);
  const height = TOP + rows * ROW;
  const boxes = new Map<string, Box>();
  const put = (ids: string[], at: Box[]) => ids.forEach((id, n) => at[n] && boxes.set(id, at[n]));
  put(nodes.stores.map(({ id }) => id), column(COLUMNS.stores, nodes.stores.length, height));
  put(nodes.shards.map(({ id }) => id), column(COLUMNS.stream, nodes.shards.length, height));
  put([nodes.topic.id], column(COLUMNS.topic, 1, height));
  put(nodes.lanes.map(({ queue }) => queue.id), column(COLUMNS.queues, nodes.lanes.length, height));
  nodes.lanes.forEach(({ queue, consumer }) => {
    const beside = boxes.get(queue.id);
    if (consumer && beside) boxes.set(consumer.id, { ...beside, x: COLUMNS.consumers.x, width: COLUMNS.consumers.width });
  });
  return { height: height + 40, boxes, wires: wiresOf(nodes, boxes), back: backOf(height) };
}

function wiresOf(nodes: Nodes, boxes: Map<string, Box>): Wire[] {
  const wires: Wire[] = [];
  const join = (from: string, to: string, id = `${from}>${to}`) => {
    const [a, b] = [boxes.get(from), boxes.get(to)];
    if (a && b) wires.push({ id, path: curve(right(a), left(b)) });
  };
  for (const store of nodes.stores) for (const shard of nodes.shards) join(store.id, shard.id);
  for (const shard of nodes.shards) join(shard.id, nodes.topic.id);
  for (const lane of nodes.lanes) laneWires(lane, nodes, boxes, wires, join);
  return wires;
}

function laneWires({ queue, consumer }: Lane, nodes: Nodes, boxes: Map<string, Box>, wires: Wire[], join: (from: string, to: string) => void): void {
  const from = feederOf(queue.queue.queue);
  const box = boxes.get(queue.id);
  if (from && box) wires.push({ id: `${from}>${queue.id}`, from, path: `M${box.x - 34} ${left(box).y}H${box.x}` });
  else join(nodes.topic.id, queue.id);
  if (consumer) join(queue.id, consumer.id);
}

/** From the consumers back to the stores: what they decide are events again. */
function backOf(height: number): string {
  const y = height + 20;
  return `M${WIDTH - 60} ${height - 2}V${y - 12}Q${WIDTH - 60} ${y} ${WIDTH - 72} ${y}H72Q60 ${y} 60 ${y - 12}V${height - 2}m-4 6l4 -6l4 6`;
}
