import { Search, X } from 'lucide-react';
import { useId } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useSearchText } from '@/ui/useSearchText';

import { useSuggestions } from '../data/products';
import styles from './search.module.css';

/** How long the visitor pauses before it is searched, in milliseconds. */
const PAUSE_MS = 180;

/** Searches as one types, and suggests names by the browser's own list: the kit's would be a tenth of a first visit. */
export function SearchBox({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation('shop');
  const id = useId();
  const { text, setText, asked } = useSearchText(q, onSearch, PAUSE_MS);
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
