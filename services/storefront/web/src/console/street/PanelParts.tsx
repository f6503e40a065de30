import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { LinkButton } from '@/ui/Button';
import { Badge, Notice } from '@/ui/states';

import type { Consumer, Queue, SetAside, Shard, Store, Street } from '../api';
import layout from '../layout.module.css';
import { Term } from '../parts/Term';
import type { TermId } from '../parts/terms';
import { PauseForm } from './PauseForm';

function Fact({ term, label, children }: { term?: TermId; label?: string; children: ReactNode }) {
  return <><dt>{term ? <Term id={term}>{label as string}</Term> : label}</dt><dd className="numbers">{children}</dd></>;
}

function useSeconds() {
  const { duration } = useFormats();
  return (value: number | undefined) => (value === undefined ? '–' : duration(Math.max(value * 1000, 1)));
}

/** The processes that have a role, and what they miss. */
function Processes({ street, role }: { street: Street; role: string }) {
  const { t } = useTranslation('console');
  const processes = street.processes.filter((process) => process.roles.includes(role));
  return (
    <ul className={layout.stack}>
      {processes.map((process) => (
        <li key={process.address} className={layout.tightStack}>
          <span className={layout.row}><code>{process.address}</code><Badge tone={process.ready ? 'good' : 'bad'}>{process.ready ? t('mark.ready') : t('mark.unready')}</Badge></span>
          {process.fault ? <Notice tone="warn">{process.fault}</Notice> : null}
          {Object.entries(process.down).map(([name, why]) => <Notice key={name} tone="bad"><b>{name}</b>: {why}</Notice>)}
        </li>
      ))}
    </ul>
  );
}

export function StorePart({ store, street }: { store: Store; street: Street }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const seconds = useSeconds();
  return (
    <>
      <dl className={layout.facts}>
        <Fact term="outbox" label={t('figure.unpublished')}>{count(store.unpublished)}</Fact>
        <Fact term="oldest" label={t('figure.oldest')}>{seconds(store.oldest_seconds)}</Fact>
      </dl>
      <Processes street={street} role={store.service} />
    </>
  );
}

export function ShardPart({ shard, stream }: { shard: Shard; stream: Street['stream'] }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  return (
    <>
      {shard.fault ? <Notice tone="bad">{shard.fault}</Notice> : null}
      {shard.owner === undefined ? <Notice tone="warn">{t('panel.unowned')}</Notice> : null}
      <dl className={layout.facts}>
        <Fact term="stream" label={t('terms.stream.name')}>{stream.name}</Fact>
        <Fact term="shard" label={t('terms.shard.name')}><span className={layout.id}>{shard.shard}</span></Fact>
        <Fact term="lag" label={t('figure.lag')}>{shard.lag_ms === undefined ? '–' : duration(Math.max(shard.lag_ms, 1))}</Fact>
        <Fact term="lease" label={t('figure.owner')}>{shard.owner ?? '–'}</Fact>
        <Fact term="epoch" label={t('terms.epoch.name')}>{shard.epoch ?? '–'}</Fact>
        {shard.parents.length ? <Fact label={t('panel.parents')}>{shard.parents.join(', ')}</Fact> : null}
      </dl>
    </>
  );
}

export function TopicPart({ setAside }: { setAside: SetAside[] }) {
  const { t } = useTranslation('console');
  return (
    <ul className={layout.stack}>
      {setAside.map((queue) => (
        <li key={queue.dead_letter_queue} className={layout.row}>
          <code>{queue.dead_letter_queue}</code><Badge tone={queue.dead_letters ? 'warn' : 'good'}>{t('figure.dead_letters', { count: queue.dead_letters })}</Badge>
          {queue.dead_letters ? <LinkButton size="small" href={`/admin/operations/dead-letters?queue=${queue.dead_letter_queue}`}>{t('panel.letters')}</LinkButton> : null}
        </li>
      ))}
    </ul>
  );
}

export function QueuePart({ queue, consumer }: { queue: Queue; consumer: Consumer | undefined }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const seconds = useSeconds();
  return (
    <>
      <dl className={layout.facts}>
        <Fact term="queue" label={t('figure.waiting')}>{count(queue.waiting)}</Fact>
        <Fact term="in_flight" label={t('figure.in_flight')}>{count(queue.in_flight)}</Fact>
        <Fact term="delayed" label={t('figure.delayed')}>{count(queue.delayed)}</Fact>
        <Fact term="oldest" label={t('figure.oldest')}>{seconds(queue.oldest_seconds)}</Fact>
        <Fact term="dead_letter" label={queue.dead_letter_queue}>{count(queue.dead_letters)}</Fact>
      </dl>
      {queue.dead_letters ? <div><LinkButton href={`/admin/operations/dead-letters?queue=${queue.dead_letter_queue}`}>{t('panel.letters')}</LinkButton></div> : null}
      {consumer ? <PauseForm key={queue.queue} consumer={consumer} /> : null}
    </>
  );
}

export function ConsumerPart({ consumer, street }: { consumer: Consumer; street: Street }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const seconds = useSeconds();
  const rate = (value: number | undefined) => (value === undefined ? '–' : t('figure.per_second', { n: value === 0 ? '0' : value.toFixed(1) }));
  return (
    <>
      {consumer.breaker_open ? <Notice tone="bad">{t('panel.breaker')}</Notice> : null}
      <dl className={layout.facts}>
        <Fact term="rate" label={t('figure.handled')}>{rate(consumer.handled_per_second)} ({count(consumer.handled)})</Fact>
        <Fact term="attempt" label={t('figure.failed')}>{rate(consumer.failed_per_second)} ({count(consumer.failed)})</Fact>
        <Fact term="consumer" label={t('figure.age')}>{seconds(consumer.age_seconds)}</Fact>
        <Fact term="process" label={t('summary.processes')}>{count(consumer.processes)}</Fact>
        <Fact term="breaker" label={t('terms.breaker.name')}>{consumer.breaker_open ? t('panel.open') : t('panel.shut')}</Fact>
      </dl>
      <PauseForm key={consumer.queue} consumer={consumer} />
      <Processes street={street} role={consumer.service} />
    </>
  );
}
