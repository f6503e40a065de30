import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Badge } from '@/ui/states';

import type { Street } from '../api';
import layout from '../layout.module.css';
import { Term } from '../parts/Term';
import { shardName } from './figures';
import styles from './street.module.css';

/** The same numbers as a table: for who reads rather than looks, and to copy from. */
export function StreetTable({ street }: { street: Street }) {
  const { t } = useTranslation('console');
  const { count, duration } = useFormats();
  const seconds = (value: number | undefined) => (value === undefined ? '–' : duration(Math.max(value * 1000, 1)));
  const rate = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(1));
  return (
    <details className={`${layout.panel ?? ''} ${styles.more ?? ''}`}>
      <summary>{t('street.numbers')}</summary>
      <div className={layout.scroll} role="region" aria-label={t('street.column.queues')} tabIndex={0}>
        <table className={layout.table}>
          <thead>
            <tr>
              <th scope="col">{t('kind.queue')}</th>
              <th scope="col" className={layout.right}><Term id="queue">{t('figure.waiting')}</Term></th>
              <th scope="col" className={layout.right}><Term id="in_flight">{t('figure.in_flight')}</Term></th>
              <th scope="col" className={layout.right}><Term id="delayed">{t('figure.delayed')}</Term></th>
              <th scope="col" className={layout.right}><Term id="oldest">{t('figure.oldest')}</Term></th>
              <th scope="col" className={layout.right}><Term id="dead_letter">{t('summary.letters')}</Term></th>
              <th scope="col" className={layout.right}><Term id="rate">{t('figure.handled_s')}</Term></th>
              <th scope="col" className={layout.right}><Term id="attempt">{t('figure.failed_s')}</Term></th>
              <th scope="col">{t('figure.state')}</th>
            </tr>
          </thead>
          <tbody>
            {street.queues.map((queue) => {
              const consumer = street.consumers.find((consumer) => consumer.queue === queue.queue);
              return (
                <tr key={queue.queue}>
                  <th scope="row">{queue.queue}</th>
                  <td className={layout.right}>{count(queue.waiting)}</td>
                  <td className={layout.right}>{count(queue.in_flight)}</td>
                  <td className={layout.right}>{count(queue.delayed)}</td>
                  <td className={layout.right}>{seconds(queue.oldest_seconds)}</td>
                  <td className={layout.right}>{count(queue.dead_letters)}</td>
                  <td className={layout.right}>{rate(consumer?.handled_per_second)}</td>
                  <td className={layout.right}>{rate(consumer?.failed_per_second)}</td>
                  <td className={layout.tight}>{consumer?.paused ? <Badge tone="warn">{t('mark.paused')}</Badge> : consumer?.breaker_open ? <Badge tone="bad">{t('mark.breaker')}</Badge> : consumer ? <Badge tone="good">{t('mark.runs')}</Badge> : '–'}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div className={layout.scroll} role="region" aria-label={t('street.column.stream')} tabIndex={0}>
        <table className={layout.table}>
          <thead><tr><th scope="col"><Term id="shard" /></th><th scope="col" className={layout.right}><Term id="lag" /></th><th scope="col"><Term id="lease">{t('figure.owner')}</Term></th><th scope="col" className={layout.right}><Term id="epoch" /></th></tr></thead>
          <tbody>
            {street.stream.shards.map((shard) => (
              <tr key={shard.shard}><th scope="row">{shardName(shard.shard)}{shard.ended ? ` (${t('panel.ended')})` : ''}</th><td className={layout.right}>{seconds(shard.lag_ms === undefined ? undefined : shard.lag_ms / 1000)}</td><td>{shard.owner ?? '–'}</td><td className={layout.right}>{shard.epoch ?? '–'}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={layout.scroll} role="region" aria-label={t('kind.store')} tabIndex={0}>
        <table className={layout.table}>
          <thead><tr><th scope="col"><Term id="store" /></th><th scope="col" className={layout.right}><Term id="outbox">{t('figure.unpublished')}</Term></th><th scope="col" className={layout.right}>{t('figure.oldest')}</th></tr></thead>
          <tbody>{street.stores.map((store) => <tr key={store.service}><th scope="row">{store.service}</th><td className={layout.right}>{count(store.unpublished)}</td><td className={layout.right}>{seconds(store.oldest_seconds)}</td></tr>)}</tbody>
        </table>
      </div>
      <div className={layout.scroll} role="region" aria-label={t('summary.processes')} tabIndex={0}>
        <table className={layout.table}>
          <thead><tr><th scope="col"><Term id="process" /></th><th scope="col">{t('panel.roles')}</th><th scope="col"><Term id="dependency" /></th></tr></thead>
          <tbody>
            {street.processes.map((process) => (
              <tr key={process.address}>
                <th scope="row"><span className={layout.row}>{process.address} <Badge tone={process.ready ? 'good' : 'bad'}>{process.ready ? t('mark.ready') : t('mark.unready')}</Badge></span></th>
                <td>{process.roles.join(', ')}</td>
                <td>{process.fault ?? (Object.keys(process.down).length ? Object.entries(process.down).map(([name, why]) => `${name}: ${why}`).join('; ') : t('panel.well', { count: process.dependencies }))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
