import { Search, X } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useSuggestions } from '../data/products';
import { useDebounced } from '../useDebounced';
import styles from './search.module.css';

/** How long the visitor pauses before it is searched, in milliseconds. */
const PAUSE_MS = 180;

/** Searches as one types, and suggests names by the browser's own list: the kit's would be a tenth of a first visit. */
export function SearchBox({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation('shop');
  const id = useId();
  const [text, setText] = useState(q);
  // The address may change by itself: back, or "show everything".
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
  const suggestions = useSuggestions(asked);
  // Each name once: products may be called the same.
  const names = text.trim() ? [...new Set((suggestions.data?.items ?? []).map((item) => item.text))].filter((name) => name !== text.trim()) : [];

  return (
    <search className={styles.search}>
      <label className="visually-hidden" htmlFor={id}>{t('search.label')}</label>
      <div className={styles.group}>
        <Search aria-hidden />
        <input
          id={id}
          className={styles.input}
          list={`${id}-names`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={t('search.placeholder')}
          maxLength={200}
          enterKeyHint="search"
          autoComplete="off"
        />
        {text ? <Button className={styles.clear ?? ''} aria-label={t('search.clear')} onPress={() => setText('')}><X aria-hidden /></Button> : null}
      </div>
      <datalist id={`${id}-names`}>
        {names.map((name) => <option key={name} value={name} />)}
      </datalist>
    </search>
  );
}
