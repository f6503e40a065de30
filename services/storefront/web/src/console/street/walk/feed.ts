/** The feed of orders' steps: one WebSocket while somebody looks. A page that is hidden closes it, since each that is open has the stream read. */
import { token } from '@/api/session';
import { waitBefore } from '@/live/waits';

import { type Message, messageOf } from './steps';

export type Link = 'connecting' | 'live' | 'lost';
/** Whoever doesn't begin within this time is given up. */
const BEGINS_WITHIN_MS = 12_000;

export class StepsFeed {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listening = new AbortController();
  /** Counts connections: what an earlier one waited for is nobody's any more. */
  private turn = 0;

  constructor(private readonly hear: (message: Message) => void, private readonly told: (link: Link) => void) {
    document.addEventListener('visibilitychange', () => this.turnTo(!document.hidden), { signal: this.listening.signal });
    if (!document.hidden) void this.connect();
  }

  close(): void {
    this.listening.abort();
    this.drop();
  }

  private turnTo(isSeen: boolean): void {
    this.drop();
    this.attempt = 0;
    this.told('connecting');
    if (isSeen) void this.connect();
  }

  private async connect(): Promise<void> {
    const turn = (this.turn += 1);
    const shown = await token().catch(() => null);
    if (turn !== this.turn) return;
    if (shown === null) {
      this.lose(null);
      return;
    }
    const url = new URL('/ops/steps', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, ['shotengai.steps', `bearer.${shown}`]);
    this.socket = socket;
    this.timer = setTimeout(() => this.lose(socket), BEGINS_WITHIN_MS);
    socket.onmessage = ({ data }) => {
      const message = messageOf(data);
      if (!message || socket !== this.socket) return;
      if (message.type === 'begin') {
        clearTimeout(this.timer);
        this.attempt = 0;
        this.told('live');
      }
      this.hear(message);
    };
    socket.onclose = () => this.lose(socket);
  }

  private lose(socket: WebSocket | null): void {
    if (socket !== this.socket) return;
    this.drop();
    this.told('lost');
    this.timer = setTimeout(() => void this.connect(), waitBefore(this.attempt));
    this.attempt += 1;
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.turn += 1;
    clearTimeout(this.timer);
    socket?.close();
  }
}
