import { useEffect, useState } from 'react';

import { useDebounced } from './useDebounced';

/**
 * The text of a search that follows `q`, what the address asks for, and tells `onSearch` once its writer has paused for `pauseMs`.
 * The address takes its time to say what it was told; what was typed meanwhile stays.
 */
export function useSearchText(q: string, onSearch: (q: string) => void, pauseMs: number) {
  const [text, setText] = useState(q);
  const [seen, setSeen] = useState(q);
  // What the address was asked for last, by this search or by something else.
  const [told, setTold] = useState({ q, isOurs: false });
  const asked = useDebounced(text.trim(), pauseMs);
  if (seen !== q) {
    setSeen(q);
    // By the way back, or "show everything"; not by what was typed here.
    if (q !== told.q) {
      setTold({ q, isOurs: false });
      setText(q);
    }
  } else if (asked === text.trim() && asked !== told.q) {
    setTold({ q: asked, isOurs: true });
  }
  useEffect(() => {
    if (told.isOurs) onSearch(told.q);
    // Once for each that is told anew: an address that changes by itself is told nothing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [told]);
  return { text, setText, asked };
}
