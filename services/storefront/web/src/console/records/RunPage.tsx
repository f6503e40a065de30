import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';

import { useFormats } from '@/i18n/format';
import { LinkButton } from '@/ui/Button';
import { Card } from '@/ui/states';

import { ops } from '../api';
import layout from '../layout.module.css';
import { RunPart } from './RunPart';

export function Component() {
  const { t } = useTranslation('console');
  const { time } = useFormats();
  const { id = '' } = useParams();
  const { data: run } = useQuery({ queryKey: ['console', 'runs', id], queryFn: ({ signal }) => ops.run(id, signal) });
  return (
    <>
      <div className={layout.head}>
        <LinkButton look="quiet" size="small" icon href="/admin/operations/records" aria-label={t('records.title')}><ArrowLeft aria-hidden /></LinkButton>
        <h1>{run ? t(`run.title.${run.kind}`, { queue: run.queue }) : t('run.title.any')}</h1>
      </div>
      {run ? (
        <dl className={layout.facts}>
          <dt>{t('records.by')}</dt><dd className={layout.id}>{run.by}</dd>
          <dt>{t('reason.label')}</dt><dd>{run.reason}</dd>
          <dt>{t('records.at')}</dt><dd className="numbers">{time(run.at)}{run.ended_at ? ` – ${time(run.ended_at)}` : ''}</dd>
        </dl>
      ) : null}
      <Card><RunPart id={id} /></Card>
    </>
  );
}
