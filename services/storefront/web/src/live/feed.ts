/**
 * The live feed: one WebSocket, however often a page shows it. The first message of a connection is a whole picture, so a
 * gap never lasts longer than it takes to connect again.
 */
import { type Board, type Message, messageOf, next, sales, type Sale } from './board';
import { waitBefore } from './waits';

export type Link = 'connecting' | 'live' | 'lost';

export interface Seen {
  link: Link;
  board: Board | null;
}

/** A page that was asleep so long asks anew: its connection may be dead without anybody having said so. */
const ASLEEP_MS = 20_000;
/** Whoever does not open within this time is given up. */
const OPENS_WITHIN_MS = 8_000;

/** Another source may be this much ahead of a connection that is well. */
const BEHIND_MS = 3_000;

/** Watches these products until closed. `told` hears of every new picture, `sold` of what was sold between two. */
export class Feed {
  private seen: Seen = { link: 'connecting', board: null };
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private doubt: ReturnType<typeof setTimeout> | undefined;
  private readonly doubted = new Map<string, number>();
  private hiddenAt: number | null = null;
  private readonly listening = new AbortController();

  constructor(
    private readonly products: readonly string[],
    private readonly told: (seen: Seen) => void,
    private readonly sold: (sales: Sale[], at: number) => void,
  ) {
    const { signal } = this.listening;
    document.addEventListener('visibilitychange', () => this.wakes(), { signal });
    window.addEventListener('online', () => this.again(), { signal });
    this.connect();
  }

  close(): void {
    this.listening.abort();
    clearTimeout(this.timer);
    clearTimeout(this.doubt);
    this.drop();
  }

  /** Begins a new connection now. What is shown stays until its first picture. */
  again(): void {
    this.attempt = 0;
    clearTimeout(this.timer);
    this.drop();
    this.connect();
  }

  /** What is true by another source: where it is still ahead of what is shown a little later, the connection has missed something. */
  check(product: string, sold: number): void {
    if (!this.isBehind(product, sold)) return;
    this.doubted.set(product, sold);
    this.doubt ??= setTimeout(() => {
      const missed = [...this.doubted].some(([product, sold]) => this.isBehind(product, sold));
      this.doubt = undefined;
      this.doubted.clear();
      if (missed) this.again();
    }, BEHIND_MS);
  }

  private isBehind(product: string, sold: number): boolean {
    const { link, board } = this.seen;
    return link === 'live' && board !== null && sold > (board.products.get(product)?.sold ?? 0);
  }

  private wakes(): void {
    if (document.hidden) {
      this.hiddenAt = Date.now();
      return;
    }
    if (this.hiddenAt !== null && Date.now() - this.hiddenAt > ASLEEP_MS) this.again();
    this.hiddenAt = null;
  }

  private connect(): void {
    const url = new URL('/tally/live', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('products', this.products.join(','));
    const socket = new WebSocket(url);
    this.socket = socket;
    this.timer = setTimeout(() => this.lose(socket), OPENS_WITHIN_MS);
    socket.onmessage = ({ data }) => {
      const message = messageOf(data);
      if (message && socket === this.socket) this.hear(message);
    };
    socket.onclose = () => this.lose(socket);
  }

  private hear(message: Message): void {
    const board = next(this.seen.board, message);
    if (!board) {
      this.again();
      return;
    }
    if (message.type === 'snapshot') {
      this.attempt = 0;
      clearTimeout(this.timer);
    }
    const between = sales(this.seen.board, board);
    this.put({ link: 'live', board });
    if (between.length > 0) this.sold(between, board.at);
  }

  private lose(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.drop();
    this.put({ ...this.seen, link: 'lost' });
    this.timer = setTimeout(() => this.connect(), waitBefore(this.attempt));
    this.attempt += 1;
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.timer);
    socket?.close();
  }

  private put(seen: Seen): void {
    this.seen = seen;
    this.told(seen);
  }
}
