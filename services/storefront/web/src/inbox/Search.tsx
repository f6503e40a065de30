import { Search as Glass, X } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useDebounced } from '@/shop/useDebounced';
import { Button } from '@/ui/Button';

import styles from './inbox.module.css';

/** How long one pauses before it is searched, in milliseconds. */
const PAUSE_MS = 200;

/** Finds mails by an address, an order or any word, as one types. */
export function Search({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation('inbox');
  const id = useId();
  const [text, setText] = useState(q);
  // The address may change by itself: by the way back, say.
  const [seen, setSeen] = useState(q);
  if (seen !== q) {
    setSeen(q);
    if (text.trim() !== q) setText(q);
  }
  const asked = useDebounced(text.trim(), PAUSE_MS);
  const told = useRef(q);
  useEffect(() => {
    if (asked !== told.current) onSearch(asked);
    told.current = asked;
  }, [asked, onSearch]);
  useEffect(() => {
    told.current = q;
  }, [q]);
  return (
    <search className={styles.search}>
      <label className="visually-hidden" htmlFor={id}>{t('search')}</label>
      <Glass aria-hidden />
      <input id={id} value={text} onChange={(event) => setText(event.target.value)} placeholder={t('placeholder')} maxLength={200} enterKeyHint="search" autoComplete="off" spellCheck={false} />
      {text ? <Button look="quiet" size="small" icon aria-label={t('clear')} onPress={() => setText('')}><X aria-hidden /></Button> : null}
    </search>
  );
}
