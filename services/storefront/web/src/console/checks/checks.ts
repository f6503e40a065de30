/** What has to hold while a street is well, as far as a look at the street can tell. */
import { shardName } from '../street/figures';
import type { Street } from '../api';
import type { TermId } from '../parts/terms';

/** From when on a part is late, in seconds; the street map says the same in words. */
export const LATE_S = 10;
export const LAG_S = 30;
/** Its messages wait on purpose: they are reminders. */
const REMINDERS = 'order-deadline-queue';

export const CHECKS = ['letters', 'outbox', 'stream', 'queues', 'breakers', 'consumers', 'processes'] as const;
export type CheckId = (typeof CHECKS)[number];

/** Something that does not hold: where, how much of it, or in the street's own words. */
export type Finding =
  | { at: string; kind: 'letters'; count: number }
  | { at: string; kind: 'late'; seconds: number }
  | { at: string; kind: 'unowned' | 'breaker' | 'nobody' | 'unready' }
  | { at: string; kind: 'paused' | 'fault' | 'down'; why: string };

/** `unknown`: a part could not be asked, and nothing bad is known of the rest. */
export interface Check { id: CheckId; state: 'good' | 'bad' | 'unknown'; findings: Finding[]; looked: number; term: TermId }

/** Parts of the answer that a check is made of. */
const PARTS: Record<CheckId, { parts: readonly string[]; term: TermId }> = {
  letters: { parts: ['queues'], term: 'dead_letter' }, outbox: { parts: ['stores'], term: 'outbox' }, stream: { parts: ['stream'], term: 'lag' }, queues: { parts: ['queues', 'consumers'], term: 'oldest' },
  breakers: { parts: ['consumers'], term: 'breaker' }, consumers: { parts: ['consumers', 'pauses'], term: 'paused' }, processes: { parts: ['processes'], term: 'dependency' },
};

export function checksOf(street: Street): Check[] {
  const shards = street.stream.shards.filter(({ ended }) => !ended);
  const queues = street.queues.filter(({ queue }) => queue !== REMINDERS);
  const found: Record<CheckId, { findings: Finding[]; looked: number }> = {
    letters: {
      looked: street.queues.length + street.set_aside.length,
      findings: [...street.queues, ...street.set_aside].filter(({ dead_letters }) => dead_letters > 0).map(({ dead_letter_queue, dead_letters }) => ({ at: dead_letter_queue, kind: 'letters', count: dead_letters })),
    },
    outbox: {
      looked: street.stores.length,
      findings: street.stores.flatMap(({ service, oldest_seconds: seconds = 0 }): Finding[] => (seconds >= LATE_S ? [{ at: service, kind: 'late', seconds }] : [])),
    },
    stream: {
      looked: shards.length,
      findings: shards.flatMap(({ shard, owner, fault, lag_ms = 0 }): Finding[] => [
        ...(fault === undefined ? [] : [{ at: shardName(shard), kind: 'fault' as const, why: fault }]),
        ...(owner === undefined && fault === undefined ? [{ at: shardName(shard), kind: 'unowned' as const }] : []),
        ...(lag_ms >= LAG_S * 1000 ? [{ at: shardName(shard), kind: 'late' as const, seconds: lag_ms / 1000 }] : []),
      ]),
    },
    queues: {
      looked: queues.length,
      findings: queues.flatMap(({ queue, oldest_seconds: seconds = 0 }): Finding[] => (seconds >= LATE_S ? [{ at: queue, kind: 'late', seconds }] : [])),
    },
    breakers: { looked: street.consumers.length, findings: street.consumers.filter(({ breaker_open }) => breaker_open).map(({ consumer }) => ({ at: consumer, kind: 'breaker' })) },
    consumers: {
      looked: street.consumers.length,
      findings: street.consumers.flatMap(({ consumer, processes, paused }): Finding[] => [
        ...(paused ? [{ at: consumer, kind: 'paused' as const, why: paused.reason }] : []), ...(processes === 0 ? [{ at: consumer, kind: 'nobody' as const }] : []),
      ]),
    },
    processes: {
      looked: street.processes.length,
      findings: street.processes.flatMap(({ address, ready, down, fault }): Finding[] => [
        ...(fault === undefined ? [] : [{ at: address, kind: 'fault' as const, why: fault }]),
        ...Object.entries(down).map(([dependency, why]) => ({ at: `${address} ${dependency}`, kind: 'down' as const, why })),
        ...(!ready && fault === undefined && Object.keys(down).length === 0 ? [{ at: address, kind: 'unready' as const }] : []),
      ]),
    },
  };
  const unknown = new Set(street.unknown.map(({ part }) => part));
  return CHECKS.map((id) => ({
    id, ...found[id], term: PARTS[id].term,
    state: found[id].findings.length > 0 ? 'bad' : PARTS[id].parts.some((part) => unknown.has(part)) || found[id].looked === 0 ? 'unknown' : 'good',
  }));
}
