/** What has been sold, as the live feed tells it: a whole picture first, then what moved. Pure. */

export interface Standing {
  name: string;
  sold: number;
  returned: number;
}

export interface Board {
  products: ReadonlyMap<string, Standing>;
  /** When the street said so, in milliseconds since 1970. */
  at: number;
}

export interface Message {
  type: 'snapshot' | 'change';
  products: (Standing & { product_id: string })[];
  at: string;
}

/** Pieces of one product that were sold between two pictures. */
export interface Sale {
  product: string;
  pieces: number;
}

/** What a frame says; `null` where it is none of ours. */
export function messageOf(data: unknown): Message | null {
  if (typeof data !== 'string') return null;
  try {
    const told = JSON.parse(data) as Partial<Message> | null;
    const known = (told?.type === 'snapshot' || told?.type === 'change') && Array.isArray(told.products) && typeof told.at === 'string';
    return known ? (told as Message) : null;
  } catch {
    return null;
  }
}

/** The next picture. `null` where a change comes without a picture to change: the feed has to be asked anew. */
export function next(board: Board | null, message: Message): Board | null {
  if (message.type === 'change' && board === null) return null;
  const products = new Map(message.type === 'snapshot' ? [] : board?.products);
  for (const { product_id, name, sold, returned } of message.products) products.set(product_id, { name, sold, returned });
  return { products, at: Date.parse(message.at) };
}

/** What was sold between two pictures, in their order. Nothing before the first one: that is history. */
export function sales(before: Board | null, after: Board): Sale[] {
  if (before === null) return [];
  const found: Sale[] = [];
  for (const [product, { sold }] of after.products) {
    const pieces = sold - (before.products.get(product)?.sold ?? 0);
    if (pieces > 0) found.push({ product, pieces });
  }
  return found;
}

/** Sold and kept. */
export function net(board: Board | null, product: string): number | null {
  if (board === null) return null;
  const standing = board.products.get(product);
  return standing ? standing.sold - standing.returned : 0;
}

/** The first rival's share of both, between 0 and 1; half each while nobody has bought. */
export function share(first: number, second: number): number {
  const [a, b] = [Math.max(first, 0), Math.max(second, 0)];
  return a + b === 0 ? 0.5 : a / (a + b);
}
