import { Search as Glass, X } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { useSearchText } from '@/ui/useSearchText';

import styles from './inbox.module.css';

/** How long one pauses before it is searched, in milliseconds. */
const PAUSE_MS = 200;

/** Finds mails by an address, an order or any word, as one types. */
export function Search({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation('inbox');
  const id = useId();
  const { text, setText } = useSearchText(q, onSearch, PAUSE_MS);
  return (
    <search className={styles.search}>
      <label className="visually-hidden" htmlFor={id}>{t('search')}</label>
      <Glass aria-hidden />
      <input id={id} value={text} onChange={(event) => setText(event.target.value)} placeholder={t('placeholder')} maxLength={200} enterKeyHint="search" autoComplete="off" spellCheck={false} />
      {text ? <Button look="quiet" size="small" icon aria-label={t('clear')} onPress={() => setText('')}><X aria-hidden /></Button> : null}
    </search>
  );
}
