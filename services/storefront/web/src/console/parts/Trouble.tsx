import { Construction } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { Empty, Failed } from '@/ui/states';

/** What went wrong with a part of operations; a street without the role `ops` says so instead of failing. */
export function Trouble({ error, again }: { error: unknown; again: () => void }) {
  const { t } = useTranslation('console');
  const absent = error instanceof ProblemError && error.status === 404 && error.slug === 'not-found';
  if (!absent) return <Failed error={error} again={again} />;
  return <Empty icon={<Construction aria-hidden />} title={t('absent.title')}><p>{t('absent.text')}</p></Empty>;
}
