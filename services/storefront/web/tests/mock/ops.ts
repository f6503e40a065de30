/**
 * A made-up role `ops` for building its pages and testing their parts: lively, consistent, and never shipped. The same
 * request answers the same shapes as the real one (`src/console/api.ts`).
 */
import type { Command, Deed, Group, Letter, Paused, Rehearsal, Run, RunKind, Street } from '../../src/console/api';

export interface Answer { status: number; body: unknown }

const QUEUES: [string, string, number][] = [
  ['order-queue', 'order', 11.2], ['inventory-queue', 'inventory', 4.1], ['billing-queue', 'billing', 4.3], ['notification-queue', 'notification', 2.9],
  ['tally-queue', 'tally', 1.9], ['query-queue', 'query', 14.8], ['order-deadline-queue', 'order', 0.4], ['product-images-queue', 'catalog', 0],
];
const STALE = 'reservation of # pieces of prod_taiyaki contradicts what is recorded';
const DOWN = 'payment provider: # Service Unavailable (tried # times)';

export class MockOps {
  paused = new Map<string, Paused>();
  runs: (Run & { begun: number })[] = [];
  records: Deed[] = [];
  letters = new Map<string, Letter[]>();
  private serial = 1;

  constructor(private readonly now: () => number = Date.now) {
    const at = (minutes: number) => new Date(this.now() - minutes * 60_000).toISOString();
    const letter = (queue: string, n: number, more: Partial<Letter> & Pick<Letter, 'reason' | 'error' | 'cause'>): Letter => {
      const hex = (n * 7919 + queue.length * 104_729).toString(16).padStart(8, '0');
      return {
        id: `${queue.slice(0, 3)}-${hex}`, consumer: queue.replace('-dlq', ''), attempts: 40, subject: `ord_${hex.repeat(4)}`, version: 1, order_id: `ord_${hex.repeat(4)}`,
        trace_id: hex.repeat(4), first_received_at: at(190 - n * 3), sent_at: at(95 - n * 2), redriven: 0, body_bytes: 480 + n, ...more,
      };
    };
    this.letters.set('billing-dlq', Array.from({ length: 23 }, (_, n) => letter('billing-dlq', n + 1, {
      reason: 'exhausted', event_type: n % 6 === 5 ? 'OrderConfirmed' : 'OrderPlaced', error: 'payment provider: 503 Service Unavailable (tried 40 times)', cause: DOWN, redriven: n === 3 ? 1 : 0,
    })));
    this.letters.set('inventory-dlq', [letter('inventory-dlq', 1, { reason: 'contradiction', event_type: 'OrderShipped', error: 'reservation of 2 pieces of prod_taiyaki contradicts what is recorded', cause: STALE, attempts: 1 })]);
    this.letters.set('order-dlq', []);
    const record: Letter = letter('bridge-dlq', 2, { reason: 'unknown_type', error: 'GiftWrapped is no type of this release', cause: 'GiftWrapped is no type of this release', attempts: 1, event_type: 'GiftWrapped' });
    delete record.subject;
    delete record.order_id;
    delete record.trace_id;
    this.letters.set('bridge-dlq', [record]);
    this.note('pause', 'notification-queue', '送信元ドメインのDNS切り替え中', 64);
    this.note('resume', 'notification-queue', 'DNS切り替え完了', 41);
    this.note('uncover', 'inventory-dlq', '二重出荷の問い合わせ #4821', 12);
  }

  private id(): string {
    this.serial += 1;
    return `01a22c9b-f8a4-7a20-a173-${this.serial.toString(16).padStart(12, '0')}`;
  }

  private note(action: Deed['action'], queue: string, reason: string, minutesAgo = 0, more: Partial<Deed> = {}): void {
    this.records.unshift({ id: this.id(), at: new Date(this.now() - minutesAgo * 60_000).toISOString(), by: 'usr_administrator', action, queue, reason, ...more });
  }

  street(): Street {
    const t = this.now() / 1000;
    const wave = (n: number, period: number) => 0.5 + 0.5 * Math.sin((t / period + n) * 2 * Math.PI);
    return {
      at: new Date(this.now()).toISOString(),
      processes: [
        { address: 'http://10.0.0.7:9090', roles: ['order'], ready: true, dependencies: 5, down: {} },
        { address: 'http://10.0.0.8:9090', roles: ['inventory', 'catalog'], ready: true, dependencies: 7, down: {} },
        { address: 'http://10.0.0.9:9090', roles: ['billing'], ready: false, dependencies: 6, down: { 'billing/provider': '503 Service Unavailable' } },
        { address: 'http://10.0.0.12:9090', roles: ['notification', 'tally', 'query', 'bridge', 'storefront'], ready: true, dependencies: 14, down: {} },
      ],
      stores: [
        { service: 'order', unpublished: Math.round(3 * wave(0, 7)), oldest_seconds: 0.2 }, { service: 'catalog', unpublished: 0 },
        { service: 'inventory', unpublished: 0 }, { service: 'billing', unpublished: 0 },
      ],
      topic: 'order-events',
      stream: { name: 'ec-events', shards: [
        { shard: 'shardId-000000000000', parents: [], ended: true },
        { shard: 'shardId-000000000001', parents: ['shardId-000000000000'], owner: 'bridge-7d9f5c', epoch: 12, ended: false, lag_ms: Math.round(40 + 120 * wave(0.2, 9)) },
        { shard: 'shardId-000000000002', parents: ['shardId-000000000000'], owner: 'bridge-b51e02', epoch: 9, ended: false, lag_ms: Math.round(7200 + 900 * wave(0.6, 5)) },
      ] },
      queues: QUEUES.map(([queue, service], n) => ({
        queue, service, waiting: queue === 'billing-queue' ? 1840 + Math.round(60 * wave(n, 6)) : this.paused.has(queue) ? 57 : Math.round(4 * wave(n / 3, 5)), in_flight: queue === 'product-images-queue' ? 0 : Math.round(1 + 6 * wave(n / 4, 4)),
        delayed: queue === 'order-deadline-queue' ? 212 : 0, ...(queue === 'product-images-queue' ? {} : { oldest_seconds: queue === 'billing-queue' ? 412 : 0.2 + 0.5 * wave(n, 3) }),
        dead_letter_queue: queue.replace('-queue', '-dlq'), dead_letters: this.letters.get(queue.replace('-queue', '-dlq'))?.length ?? 0,
      })),
      set_aside: [{ service: 'bridge', dead_letter_queue: 'bridge-dlq', dead_letters: this.letters.get('bridge-dlq')?.length ?? 0 }, { service: 'catalog', dead_letter_queue: 'prices-dlq', dead_letters: 0 }],
      consumers: QUEUES.map(([queue, service, rate], n) => {
        const paused = this.paused.get(queue);
        const broken = queue === 'billing-queue';
        return {
          consumer: queue.replace('-queue', ''), queue, service, processes: queue === 'order-queue' ? 3 : 1, handled: 48_210 + n * 977, failed: broken ? 921 : n,
          handled_per_second: paused || broken ? 0 : rate * (0.8 + 0.4 * wave(n / 5, 8)), failed_per_second: broken ? 1.6 : 0, ...(rate ? { age_seconds: broken ? 415 : 0.25 + 0.2 * wave(n, 4) } : {}),
          breaker_open: broken, ...(paused && { paused }),
        };
      }),
      unknown: [],
    };
  }

  groups(): Group[] {
    const groups = new Map<string, Group>();
    for (const [queue, letters] of this.letters) {
      for (const letter of letters) {
        const key = [queue, letter.reason, letter.event_type, letter.cause].join('|');
        const known = groups.get(key);
        if (known) {
          known.count += 1;
          if (letter.first_received_at) known.last_seen = letter.first_received_at;
          continue;
        }
        groups.set(key, { queue, reason: letter.reason, consumer: letter.consumer, ...(letter.event_type && { event_type: letter.event_type }), error: letter.cause, count: 1, ...(letter.first_received_at && { first_seen: letter.first_received_at, last_seen: letter.first_received_at }), example: letter.id });
      }
    }
    return [...groups.values()];
  }

  private queueOf(queue: string) {
    const letters = this.letters.get(queue) ?? [];
    return { queue, target: queue === 'bridge-dlq' ? 'ec-events' : queue.replace('-dlq', '-queue'), letters: letters.length, seen: letters.length, complete: true };
  }

  private matching(command: Command): Letter[] {
    const { cause } = command;
    return (this.letters.get(command.queue) ?? []).filter((letter) =>
      (!command.letters || command.letters.includes(letter.id)) && (!command.subject || command.subject === letter.subject) &&
      (!cause || ((!cause.reason || cause.reason === letter.reason) && (cause.event_type === undefined || cause.event_type === (letter.event_type ?? '')) && (!cause.error || cause.error === letter.cause))));
  }

  rehearse(queue: string, ids: string[]): Rehearsal[] {
    return ids.map((id, n) => {
      const letter = this.letters.get(queue)?.find((letter) => letter.id === id);
      if (!letter) return { letter: id, outcome: 'not_found', events: [], asks: [] };
      const said = { letter: id, ...(letter.event_type && { event_type: letter.event_type }), ...(letter.subject && { subject: letter.subject }), ...(letter.order_id && { order_id: letter.order_id }), events: [], asks: [] };
      if (queue === 'bridge-dlq') return { ...said, outcome: 'not_rehearsed', why: 'a record of the stream is published again, not handled' };
      if (queue === 'inventory-dlq') return { ...said, outcome: 'would_set_aside', why: letter.error };
      if (n % 5 === 2) return { ...said, outcome: 'would_ignore', why: 'the order was cancelled meanwhile (deadline_exceeded)' };
      if (n % 7 === 6) return { ...said, outcome: 'would_retry', why: 'the order is not known here yet' };
      return { ...said, outcome: 'would_append', events: [{ type: 'PaymentAuthorized', subject: letter.subject?.replace('ord_', 'pay_') ?? '', version: 1 }], asks: [{ what: 'payment provider', how: 'would hold ¥400 (tok_visa)' }] };
    });
  }

  begin(kind: RunKind, command: Command): Run & { begun: number } {
    const matching = this.matching(command);
    const run: Run & { begun: number } = {
      id: this.id(), kind, state: command.preview ? 'preview' : 'running', queue: command.queue, target: this.queueOf(command.queue).target, by: 'usr_administrator', reason: command.reason,
      at: new Date(this.now()).toISOString(), looked_at: this.letters.get(command.queue)?.length ?? 0, matching: matching.length, settled: 0, failed: 0, waiting: command.preview ? 0 : matching.length, undeleted: 0, came_later: 0,
      complete: true, begun: this.now(), outcomes: command.preview ? matching.map((letter) => ({ letter: letter.id, ...(letter.subject && { subject: letter.subject }), ...(letter.event_type && { event_type: letter.event_type }), outcome: 'meant' as const })) : [],
    };
    if (!command.preview) {
      this.runs.unshift(run);
      this.todo.set(run.id, { letters: matching, pace: command.per_second ?? 10 });
      this.note(kind, command.queue, command.reason, 0, { run: run.id });
    }
    return run;
  }

  private todo = new Map<string, { letters: Letter[]; pace: number }>();

  /** Carries a run on by the time that has passed. */
  progress(run: Run & { begun: number }): Run {
    const todo = this.todo.get(run.id);
    if (run.state === 'finished') this.handle(run);
    if (run.state !== 'running' || !todo) return run;
    const done = Math.min(todo.letters.length, Math.floor(((this.now() - run.begun) / 1000) * todo.pace));
    for (const letter of todo.letters.slice(run.outcomes?.length ?? 0, done)) {
      const failed = letter.id.endsWith('7');
      run.outcomes?.push({ letter: letter.id, ...(letter.subject && { subject: letter.subject }), ...(letter.event_type && { event_type: letter.event_type }), outcome: failed ? 'failed' : run.kind === 'redrive' ? 'sent' : 'discarded', ...(failed && { why: 'SQS: ServiceUnavailable' }) });
      if (failed) run.failed += 1;
      else {
        run.settled += 1;
        this.letters.set(run.queue, (this.letters.get(run.queue) ?? []).filter((other) => other.id !== letter.id));
      }
      run.waiting -= 1;
    }
    if (done === todo.letters.length) {
      run.state = 'finished';
      if (run.kind === 'redrive' && run.queue !== 'bridge-dlq') run.handlings = { waiting: run.settled, handled: 0, ignored: 0, dead_again: 0 };
      run.ended_at = new Date(this.now()).toISOString();
    }
    return run;
  }

  /** What consumers made of what was sent: most of it is handled as soon as somebody asks again. */
  private handle(run: Run): void {
    if (run.kind !== 'redrive' || run.queue === 'bridge-dlq') return;
    const at = new Date(this.now()).toISOString();
    const counts = { waiting: 0, handled: 0, ignored: 0, dead_again: 0 };
    for (const one of run.outcomes ?? []) {
      if (one.outcome !== 'sent') continue;
      const events = [{ type: 'PaymentAuthorized', subject: one.subject?.replace('ord_', 'pay_') ?? '', version: 1 }];
      if (one.letter.endsWith('3')) one.handling = { outcome: 'ignored', ignored: 'already_applied', events, attempts: 1, at };
      else if (one.letter.endsWith('5')) one.handling = { outcome: 'dead_again', reason: 'exhausted', why: 'payment provider: 503 Service Unavailable', attempts: 3, at };
      else one.handling = { outcome: 'handled', events, wrote: ['billing-ledger'], attempts: 1, at };
      counts[one.handling.outcome] += 1;
    }
    run.handlings = counts;
  }

  /** Answers a request; `undefined` where the path is none of `ops`. */
  answer(method: string, path: string, sent: unknown): Answer | undefined {
    const parts = path.split('?')[0]?.split('/').slice(1).map(decodeURIComponent) ?? [];
    if (parts[0] !== 'ops') return undefined;
    const [, what, one, two, three] = parts;
    const problem = (status: number, slug: string, detail: string) => ({ status, body: { type: `/problems/${slug}`, title: slug, status, detail } });
    const good = (body: unknown, status = 200) => ({ status, body });
    const bare = (run: Run): Run => {
      const copy = { ...run };
      delete copy.outcomes;
      return copy;
    };
    if (what === 'street') return good(this.street());
    if (what === 'dead-letters' && three === undefined && two === undefined && one === undefined) return good({ queues: [...this.letters.keys()].map((queue) => this.queueOf(queue)), groups: this.groups(), unreadable: [], busy: [], at: new Date(this.now()).toISOString() });
    if (what === 'dead-letters' && one !== undefined && three === 'uncover' && two !== undefined) {
      const letter = this.letters.get(one)?.find((letter) => letter.id === two);
      if (!letter) return problem(404, 'not-found', 'the letter is not there');
      this.note('uncover', one, (sent as { reason: string }).reason, 0, { letter: two });
      return good({ id: two, record: this.records[0]?.id, body: JSON.stringify({ specversion: '1.0', id: this.id(), source: 'order', type: letter.event_type, subject: letter.subject, time: letter.first_received_at, data: { currency: 'JPY', total: 400, items: [{ product_id: 'prod_kinoko', name: 'きのこの山', quantity: 2, price: 200 }], user_id: 'usr_01a22c9bef25750884a72cdbd3e3f627' } }) });
    }
    if (what === 'dead-letters' && one !== undefined) return this.letters.has(one) ? good({ ...this.queueOf(one), items: this.letters.get(one) }) : problem(404, 'not-found', `there are ${[...this.letters.keys()].join(', ')}`);
    if (what === 'rehearsals') return good({ queue: (sent as { queue: string }).queue, items: this.rehearse((sent as { queue: string }).queue, (sent as { letters: string[] }).letters) });
    if ((what === 'redrives' || what === 'discards') && method === 'POST') return good(this.begin(what === 'redrives' ? 'redrive' : 'discard', sent as Command), 202);
    if (what === 'runs' && one === undefined) return good({ items: this.runs.map((run) => bare(this.progress(run))), next_cursor: null });
    if (what === 'runs') {
      const run = this.runs.find((run) => run.id === one);
      return run ? good(this.progress(run)) : problem(404, 'not-found', 'no such run');
    }
    if (what === 'records') return good({ items: this.records, next_cursor: null });
    if (what === 'consumers' && one !== undefined) {
      const { paused, reason } = sent as { paused: boolean; reason: string };
      if (paused) this.paused.set(one, { by: 'usr_administrator', reason, since: new Date(this.now()).toISOString() });
      else this.paused.delete(one);
      this.note(paused ? 'pause' : 'resume', one, reason);
      return good({ queue: one, consumer: one.replace('-queue', ''), ...(paused && { paused: this.paused.get(one) }) });
    }
    return problem(404, 'not-found', `there is no ${path}`);
  }
}
