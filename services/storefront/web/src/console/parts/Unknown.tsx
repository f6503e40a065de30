import { useTranslation } from 'react-i18next';

import { Notice } from '@/ui/states';

import type { Street } from '../api';

const PARTS = ['stores', 'stream', 'queues', 'processes', 'pauses'] as const;

/** The parts of the street that could not be looked at, each with what the server said of it. */
export function Unknown({ parts }: { parts: Street['unknown'] }) {
  const { t } = useTranslation('console');
  return parts.map(({ part, why }) => {
    const known = PARTS.find((name) => name === part);
    return <Notice key={part} tone="warn">{t('street.unknown', { part: known ? t(`street.part.${known}`) : part })} <span className="dim" lang="en">({why})</span></Notice>;
  });
}
