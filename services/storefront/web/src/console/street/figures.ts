/** A node's name, figures and what is remarkable, in words; what both the map and the list show. */
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import type { TermId } from '../parts/terms';
import type { Node } from './nodes';

export interface Figure { label: string; value: string; term: TermId }
export interface Shown { name: string; figures: Figure[]; deadLetters: number; marks: { text: string; tone: 'warn' | 'bad' }[] }

export function useFigures(): (node: Node) => Shown {
  const { t } = useTranslation('console');
  const { count, duration } = useFormats();
  const seconds = (value: number | undefined) => (value === undefined ? '–' : value < 0.01 ? duration(0.01 * 1000) : duration(value * 1000));
  const rate = (value: number | undefined) => (value === undefined ? '–' : t('figure.per_second', { n: value === 0 ? '0' : value < 10 ? value.toFixed(1) : Math.round(value) }));
  return (node) => {
    switch (node.kind) {
      case 'store':
        return {
          name: node.store.service, deadLetters: 0, marks: [],
          figures: [{ label: t('figure.unpublished'), value: count(node.store.unpublished), term: 'outbox' }, { label: t('figure.oldest'), value: seconds(node.store.oldest_seconds), term: 'oldest' }],
        };
      case 'shard':
        return {
          name: shardName(node.shard.shard), deadLetters: 0,
          marks: node.shard.fault !== undefined ? [{ text: t('mark.fault'), tone: 'bad' }] : node.shard.owner === undefined ? [{ text: t('mark.unowned'), tone: 'warn' }] : [],
          figures: [{ label: t('figure.lag'), value: seconds(node.shard.lag_ms === undefined ? undefined : node.shard.lag_ms / 1000), term: 'lag' }, { label: t('figure.owner'), value: node.shard.owner ?? '–', term: 'lease' }],
        };
      case 'topic':
        return { name: node.topic, deadLetters: node.setAside.reduce((sum, queue) => sum + queue.dead_letters, 0), marks: [], figures: [] };
      case 'queue':
        return {
          name: node.queue.queue.replace(/-queue$/, ''), deadLetters: node.queue.dead_letters, marks: [],
          figures: [
            { label: t('figure.waiting'), value: count(node.queue.waiting), term: 'queue' },
            node.queue.delayed > 0 ? { label: t('figure.delayed'), value: count(node.queue.delayed), term: 'delayed' } : { label: t('figure.in_flight'), value: count(node.queue.in_flight), term: 'in_flight' },
            { label: t('figure.oldest'), value: seconds(node.queue.oldest_seconds), term: 'oldest' },
          ],
        };
      case 'consumer': {
        const { consumer } = node;
        return {
          name: consumer.consumer, deadLetters: 0,
          marks: [
            ...(consumer.paused ? [{ text: t('mark.paused'), tone: 'warn' as const }] : []), ...(consumer.breaker_open ? [{ text: t('mark.breaker'), tone: 'bad' as const }] : []),
            ...(consumer.processes === 0 ? [{ text: t('mark.nobody'), tone: 'bad' as const }] : []),
          ],
          figures: [
            { label: t('figure.handled'), value: rate(consumer.handled_per_second), term: 'rate' }, { label: t('figure.failed'), value: rate(consumer.failed_per_second), term: 'attempt' },
            { label: t('figure.age'), value: seconds(consumer.age_seconds), term: 'consumer' },
          ],
        };
      }
    }
  };
}

/** `shardId-000000000012` is 12 to everybody who talks about it. */
export function shardName(shard: string): string {
  const number = /^shardId-0*(\d+)$/.exec(shard)?.[1];
  return number === undefined ? shard : `#${number}`;
}
