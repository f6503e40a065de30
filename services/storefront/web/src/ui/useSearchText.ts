import { useEffect, useRef, useState } from 'react';

import { useDebounced } from './useDebounced';

/** The text of a search that follows `q`, what the address asks for, and tells `onSearch` once its writer has paused for `pauseMs`. */
export function useSearchText(q: string, onSearch: (q: string) => void, pauseMs: number) {
  const [text, setText] = useState(q);
  // The address may change by itself: by the way back, or "show everything".
  const [seen, setSeen] = useState(q);
  if (seen !== q) {
    setSeen(q);
    if (text.trim() !== q) setText(q);
  }
  const asked = useDebounced(text.trim(), pauseMs);
  const told = useRef(q);
  useEffect(() => {
    if (asked !== told.current) onSearch(asked);
    told.current = asked;
  }, [asked, onSearch]);
  useEffect(() => {
    told.current = q;
  }, [q]);
  return { text, setText, asked };
}
