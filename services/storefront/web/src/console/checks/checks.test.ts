import { expect, test } from 'vitest';

import { MockOps } from '../../../tests/mock/ops';
import type { Street } from '../api';
import { checksOf } from './checks';

/** A street of the mock's shape in which all is well. */
function well(): Street {
  const street = new MockOps(() => 0).street();
  return {
    ...street, unknown: [],
    stores: street.stores.map((store) => ({ ...store, unpublished: 2, oldest_seconds: 1 })),
    processes: street.processes.map((process) => ({ ...process, ready: true, down: {} })),
    stream: { ...street.stream, shards: street.stream.shards.map((shard) => ({ ...shard, lag_ms: 40 })) },
    queues: street.queues.map((queue) => ({ ...queue, oldest_seconds: queue.queue === 'order-deadline-queue' ? 1_800 : 0.4, dead_letters: 0 })),
    set_aside: street.set_aside.map((queue) => ({ ...queue, dead_letters: 0 })),
    consumers: street.consumers.map((consumer) => ({ ...consumer, breaker_open: false })),
  };
}

const states = (street: Street) => Object.fromEntries(checksOf(street).map(({ id, state }) => [id, state]));
const ALL = { letters: 'good', outbox: 'good', stream: 'good', queues: 'good', breakers: 'good', consumers: 'good', processes: 'good' };

test('a street that is well passes; reminders wait on purpose', () => {
  expect(states(well())).toEqual(ALL);
});

test('each check finds its own fault, and where it is', () => {
  const street = well();
  const [queue, consumer, process] = [street.queues[0], street.consumers[0], street.processes[0]];
  const [shard, store] = [street.stream.shards.find(({ ended }) => !ended), street.stores[0]];
  if (!queue || !consumer || !process || !shard || !store) throw new Error('the mock has none');
  const cases: [string, Street, unknown[]][] = [
    ['letters', { ...street, queues: [{ ...queue, dead_letters: 3 }] }, [{ at: queue.dead_letter_queue, kind: 'letters', count: 3 }]],
    ['letters', { ...street, set_aside: [{ service: 'bridge', dead_letter_queue: 'bridge-dlq', dead_letters: 1 }] }, [{ at: 'bridge-dlq', kind: 'letters', count: 1 }]],
    ['outbox', { ...street, stores: [{ ...store, oldest_seconds: 12 }] }, [{ at: store.service, kind: 'late', seconds: 12 }]],
    ['stream', { ...street, stream: { name: 's', shards: [{ shard: 'shardId-000000000007', parents: [], ended: false, lag_ms: 31_000 }] } }, [{ at: '#7', kind: 'unowned' }, { at: '#7', kind: 'late', seconds: 31 }]],
    ['queues', { ...street, queues: [{ ...queue, oldest_seconds: 60 }] }, [{ at: queue.queue, kind: 'late', seconds: 60 }]],
    ['breakers', { ...street, consumers: [{ ...consumer, breaker_open: true }] }, [{ at: consumer.consumer, kind: 'breaker' }]],
    ['consumers', { ...street, consumers: [{ ...consumer, processes: 0, paused: { by: 'usr_a', reason: 'why', since: street.at } }] }, [{ at: consumer.consumer, kind: 'paused', why: 'why' }, { at: consumer.consumer, kind: 'nobody' }]],
    ['processes', { ...street, processes: [{ ...process, ready: false, down: { postgres: 'away' } }] }, [{ at: `${process.address} postgres`, kind: 'down', why: 'away' }]],
  ];
  for (const [id, broken, findings] of cases) {
    expect(states(broken), id).toEqual({ ...ALL, [id]: 'bad' });
    expect(checksOf(broken).find((check) => check.id === id)?.findings, id).toEqual(findings);
  }
});

test('what could not be asked is not said to hold, and what is known to be bad stays bad', () => {
  const street = { ...well(), unknown: [{ part: 'consumers', why: 'no answer' }] };
  expect(states(street)).toEqual({ ...ALL, queues: 'unknown', breakers: 'unknown', consumers: 'unknown' });
  const open = { ...street, consumers: street.consumers.map((consumer) => ({ ...consumer, breaker_open: true })) };
  expect(states(open).breakers).toBe('bad');
  expect(states({ ...well(), stores: [] }).outbox).toBe('unknown');
});
