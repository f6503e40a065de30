import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Badge, Notice, Skeleton } from '@/ui/states';

import type { Street } from '../api';
import { LATE_S } from '../checks/checks';
import layout from '../layout.module.css';
import { Commands } from '../parts/Commands';
import { Live } from '../parts/Live';
import { Term } from '../parts/Term';
import { Trouble } from '../parts/Trouble';
import { useStreet } from '../street/useStreet';
import styles from './rebuilds.module.css';

/** The service whose tables are read models. */
const QUERY = 'query';
const VERBS = ['rebuild', 'status', 'diff', 'switch', 'rollback', 'drop'] as const;

/** How far the read models that are live are behind, and how another set is built: by the command line, for no route tells of sets. */
export function Component() {
  const { t } = useTranslation('console');
  const street = useStreet();
  return (
    <>
      <div className={layout.head}>
        <h1>{t('rebuilds.title')}</h1>
        {street.data ? <Live at={street.data.at} isBehind={street.isBehind} /> : null}
      </div>
      <p className={layout.lead}><Term id="projection" />{t('rebuilds.lead')}</p>
      {street.data ? <Folding street={street.data} /> : street.isError ? <Trouble error={street.error} again={() => void street.refetch()} /> : <Skeleton height="220px" />}
      <Notice>{t('rebuilds.no_api')}</Notice>
      <Commands title={t('rebuilds.beside')} lead={t('rebuilds.beside_lead')} commands={VERBS.map((verb) => ({ command: `shotengai projections ${verb}${verb === 'drop' ? ' --yes' : ''}`, text: t(`rebuilds.verb.${verb}`) }))} />
    </>
  );
}

function Folding({ street }: { street: Street }) {
  const { t } = useTranslation('console');
  const { count, time, duration } = useFormats();
  const queues = street.queues.filter(({ service }) => service === QUERY);
  const consumers = street.consumers.filter(({ service }) => service === QUERY);
  const processes = street.processes.filter(({ roles }) => roles.includes(QUERY));
  const ready = processes.filter(({ ready }) => ready).length;
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const letters = queues.reduce((sum, queue) => sum + queue.dead_letters, 0);
  const oldest = Math.max(0, ...queues.map(({ oldest_seconds }) => oldest_seconds ?? 0));
  const age = Math.max(0, ...consumers.map(({ age_seconds }) => age_seconds ?? 0));
  const rate = consumers.reduce((sum, consumer) => sum + (consumer.handled_per_second ?? 0), 0);
  const paused = consumers.find(({ paused }) => paused)?.paused;
  const isStopped = paused !== undefined || consumers.some(({ breaker_open, processes }) => breaker_open || processes === 0);
  const isUnknown = street.unknown.some(({ part }) => part === 'queues' || part === 'consumers') || queues.length === 0;
  const state = isStopped ? 'stopped' : isUnknown ? 'unknown' : oldest >= LATE_S ? 'behind' : 'current';
  const tone = ({ stopped: 'bad', unknown: 'warn', behind: 'warn', current: 'good' } as const)[state];
  return (
    <section className={layout.panel} aria-labelledby="folding">
      <div className={layout.panelHead}>
        <h2 id="folding">{t('rebuilds.live')}</h2>
        <Badge tone={tone}>{t(`rebuilds.state.${state}`)}</Badge>
        <span className={`${layout.small ?? ''} dim numbers`}>{t('checks.at', { at: time(street.at) })}</span>
      </div>
      {paused ? <div className={layout.padded}><Notice tone="warn">{t('checks.paused', { why: paused.reason })}</Notice></div> : null}
      <dl className={styles.figures}>
        <div><dt><Term id="queue">{t('rebuilds.waiting')}</Term></dt><dd className="numbers">{count(waiting)}</dd></div>
        <div><dt><Term id="oldest" /></dt><dd className="numbers">{oldest === 0 ? '–' : duration(oldest * 1000)}</dd></div>
        <div><dt><Term id="rate">{t('rebuilds.rate')}</Term></dt><dd className="numbers">{t('figure.per_second', { n: rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : Math.round(rate) })}</dd></div>
        <div><dt><Term id="consumer">{t('rebuilds.age')}</Term></dt><dd className="numbers">{age === 0 ? '–' : duration(age * 1000)}</dd></div>
        <div><dt><Term id="process">{t('summary.processes')}</Term></dt><dd className="numbers">{ready} / {processes.length}</dd></div>
        <div><dt><Term id="dead_letter">{t('summary.letters')}</Term></dt><dd className="numbers">{letters > 0 ? <Link to="/admin/operations/dead-letters">{count(letters)}</Link> : count(letters)}</dd></div>
      </dl>
    </section>
  );
}
