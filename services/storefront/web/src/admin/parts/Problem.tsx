import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { Notice, useProblemText } from '@/ui/states';

/** What the API says of commands, in the merchant's words; the common ones where there are none. */
export function useCommandText(): (error: unknown) => string {
  const { t, i18n } = useTranslation('admin');
  const common = useProblemText();
  return (error) => {
    if (error instanceof ProblemError) {
      const key = `problem.${error.slug}`;
      if (i18n.exists(key, { ns: 'admin' })) return t(key as 'problem.refund-too-large');
    }
    return common(error);
  };
}

/** What went wrong with a command, where it was given. Nothing while nothing did. */
export function Problem({ error }: { error: unknown }) {
  const text = useCommandText();
  const { t } = useTranslation('admin');
  if (!error) return null;
  const details = error instanceof ProblemError && error.status < 500 ? (error.problem.errors ?? []).map(({ detail }) => detail) : [];
  const detail = error instanceof ProblemError && error.status < 500 && details.length === 0 ? error.problem.detail : undefined;
  return (
    <Notice tone="bad" alert>
      <p>{text(error)}</p>
      {detail || details.length > 0 ? <p className="dim">{t('problem.said')} {detail ?? details.join('; ')}</p> : null}
    </Notice>
  );
}
