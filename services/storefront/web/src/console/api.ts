/**
 * What the role `ops` answers. Written by hand until docs/openapi.json has these routes: then the types come from there, and
 * `call` becomes the typed client.
 */
import { api } from '@/api/client';

export interface Street {
  at: string;
  processes: Process[];
  stores: Store[];
  topic: string;
  stream: { name: string; shards: Shard[] };
  queues: Queue[];
  set_aside: SetAside[];
  consumers: Consumer[];
  unknown: { part: string; why: string }[];
}

export interface Process { address: string; roles: string[]; ready: boolean; dependencies: number; down: Record<string, string>; fault?: string }
export interface Store { service: string; unpublished: number; oldest_seconds?: number }
export interface Shard { shard: string; parents: string[]; owner?: string; epoch?: number; ended: boolean; lag_ms?: number; fault?: string }
export interface SetAside { service: string; dead_letter_queue: string; dead_letters: number }
export interface Queue { queue: string; service: string; waiting: number; in_flight: number; delayed: number; oldest_seconds?: number; dead_letter_queue: string; dead_letters: number }
export interface Paused { by: string; reason: string; since: string }
export interface Consumer {
  consumer: string; queue: string; service: string; processes: number; handled: number; failed: number;
  handled_per_second?: number; failed_per_second?: number; age_seconds?: number; breaker_open: boolean; paused?: Paused;
}

export interface Group { queue: string; reason: string; consumer: string; event_type?: string; error: string; count: number; first_seen?: string; last_seen?: string; example: string }
export interface LetterQueue { queue: string; target: string; letters: number; seen: number; complete: boolean }
export interface DeadLetters { queues: LetterQueue[]; groups: Group[]; unreadable: { queue: string; why: string }[]; busy?: string[]; at: string }
export interface Letter {
  id: string; reason: string; error: string; cause: string; consumer: string; attempts: number; event_type?: string; subject?: string; version?: number;
  order_id?: string; trace_id?: string; first_received_at?: string; sent_at?: string; redriven: number; redriven_by?: string; body_bytes: number; not_redrivable?: string;
}
export interface Letters extends LetterQueue { items: Letter[] }

export type RehearsalOutcome = 'would_append' | 'would_ignore' | 'would_write' | 'would_retry' | 'would_set_aside' | 'not_rehearsed' | 'unreadable' | 'not_found';
export interface Rehearsal {
  letter: string; event_type?: string; subject?: string; order_id?: string; outcome: RehearsalOutcome; why?: string;
  events: { type: string; subject: string; version: number }[]; asks: { what: string; how: string }[];
  found?: { stands: { type: string; subject: string; version: number }[]; rows: string[] };
}

/** Which letters: some, those of a cause, or all of the queue. */
export interface Chosen { queue: string; letters?: string[]; cause?: { reason?: string; consumer?: string; event_type?: string; error?: string }; subject?: string }
export interface Command extends Chosen { per_second?: number; preview?: boolean; reason: string }
export type RunKind = 'redrive' | 'discard';
export type Outcome = 'sent' | 'discarded' | 'failed' | 'undeleted' | 'meant';
/** What a consumer has made of a letter that was sent back. */
export type HandlingOutcome = 'waiting' | 'handled' | 'ignored' | 'dead_again';
export interface Handling {
  outcome: HandlingOutcome; ignored?: 'already_applied' | 'newer_stands' | 'nothing_to_do'; reason?: string; why?: string;
  events?: { type: string; subject: string; version: number }[]; wrote?: string[]; attempts: number; at?: string;
}
export interface Run {
  id: string; kind: RunKind; state: 'preview' | 'running' | 'finished' | 'stopped' | 'interrupted'; queue: string; target?: string; by: string; reason: string; at: string; ended_at?: string;
  looked_at: number; matching: number; settled: number; failed: number; waiting: number; undeleted: number; came_later: number; complete: boolean; stopped?: string;
  outcomes?: { letter: string; subject?: string; event_type?: string; outcome: Outcome; why?: string; handling?: Handling }[];
  handlings?: { waiting: number; handled: number; ignored: number; dead_again: number };
}
export type Action = 'uncover' | 'redrive' | 'discard' | 'pause' | 'resume';
export interface Deed { id: string; at: string; by: string; action: Action; queue: string; letter?: string; run?: string; reason: string }
export interface Page<T> { items: T[]; next_cursor: string | null }

export type Certainty = 'certain' | 'likely' | 'possible';
export interface Fact { id: string; source: string; type: string; subject: string; version: number; at: string }
export interface Cause {
  cause: string; certainty: Certainty; since: string; service?: string; queue?: string; shard?: string; letter?: string; reason?: string; why?: string;
  down?: Record<string, string>; lag_ms?: number; messages?: number; command?: string;
}
export interface Awaited { of: string; deed: string; message: Fact; queue: string; place: string; since: string; causes: Cause[] }
export interface Explanation { order_id: string; at: string; status: string; last: Fact; awaited: Awaited[]; unknown: { part: string; why: string }[] }

interface Init { signal?: AbortSignal; body?: unknown; headers?: Record<string, string> }
type Call = (path: string, init: Init) => Promise<{ data?: unknown }>;
/** The typed client's functions for paths that it has no types of yet: tokens, languages and problems are handled alike. */
const untyped = api as unknown as { GET: Call; POST: Call; PUT: Call };

async function call<T>(method: 'GET' | 'POST' | 'PUT', path: string, init: Init = {}): Promise<T> {
  return (await untyped[method](path, init)).data as T;
}

const part = encodeURIComponent;
const signalled = (signal?: AbortSignal): Init => (signal ? { signal } : {});

/** One page, from `cursor` on. */
function paged(path: string, cursor: string | null): string {
  return `${path}?limit=20${cursor ? `&cursor=${part(cursor)}` : ''}`;
}

export const ops = {
  street: (signal?: AbortSignal) => call<Street>('GET', '/ops/street', signalled(signal)),
  deadLetters: (signal?: AbortSignal) => call<DeadLetters>('GET', '/ops/dead-letters', signalled(signal)),
  letters: (queue: string, signal?: AbortSignal) => call<Letters>('GET', `/ops/dead-letters/${part(queue)}?limit=100`, signalled(signal)),
  uncover: (queue: string, letter: string, reason: string) =>
    call<{ id: string; record: string; body: string }>('POST', `/ops/dead-letters/${part(queue)}/${part(letter)}/uncover`, { body: { reason } }),
  rehearse: (queue: string, letters: string[]) => call<{ queue: string; items: Rehearsal[] }>('POST', '/ops/rehearsals', { body: { queue, letters } }),
  begin: (kind: RunKind, command: Command, key: string) => call<Run>('POST', kind === 'redrive' ? '/ops/redrives' : '/ops/discards', { body: command, headers: { 'idempotency-key': key } }),
  run: (id: string, signal?: AbortSignal) => call<Run>('GET', `/ops/runs/${part(id)}`, signalled(signal)),
  runs: (cursor: string | null, signal?: AbortSignal) => call<Page<Run>>('GET', paged('/ops/runs', cursor), signalled(signal)),
  explanation: (order: string, signal?: AbortSignal) => call<Explanation>('GET', `/ops/orders/${part(order)}/explanation`, signalled(signal)),
  records: (cursor: string | null, signal?: AbortSignal) => call<Page<Deed>>('GET', paged('/ops/records', cursor), signalled(signal)),
  pause: (queue: string, paused: boolean, reason: string) => call<{ queue: string; consumer: string; paused?: Paused }>('PUT', `/ops/consumers/${part(queue)}`, { body: { paused, reason } }),
};
