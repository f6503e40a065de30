import { Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button, ComboBox, Group, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useSuggestions } from '../data/products';
import { useDebounced } from '../useDebounced';
import styles from './search.module.css';

/** How long the visitor pauses before it is searched, in milliseconds. */
const PAUSE_MS = 180;

/** Searches as one types, and suggests names. */
export function SearchBox({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation('shop');
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
  const items = text.trim() ? (suggestions.data?.items ?? []).filter((item) => item.text !== text.trim()) : [];

  return (
    <search className={styles.search}>
      <ComboBox
        className={styles.box ?? ''}
        inputValue={text}
        onInputChange={setText}
        items={items}
        defaultFilter={() => true}
        allowsCustomValue
        // Suggestions come after the letters that ask for them: it opens at once, and shows when there is something.
        allowsEmptyCollection
        menuTrigger="input"
        onChange={(chosen) => {
          const found = items.find((item) => item.product_id === chosen);
          if (found) setText(found.text);
        }}
      >
        <Label className="visually-hidden">{t('search.label')}</Label>
        <Group className={styles.group ?? ''}>
          <Search aria-hidden />
          <Input className={styles.input ?? ''} placeholder={t('search.placeholder')} maxLength={200} enterKeyHint="search" />
          {text ? <Button slot={null} className={styles.clear ?? ''} aria-label={t('search.clear')} onPress={() => setText('')}><X aria-hidden /></Button> : null}
        </Group>
        <Popover className={`${styles.popover ?? ''} ${items.length === 0 ? (styles.none ?? '') : ''}`} offset={4}>
          <ListBox<(typeof items)[number]> className={styles.list ?? ''}>
            {(item) => <ListBoxItem id={item.product_id} textValue={item.text} className={styles.option ?? ''}><Search aria-hidden />{item.text}</ListBoxItem>}
          </ListBox>
        </Popover>
      </ComboBox>
    </search>
  );
}
