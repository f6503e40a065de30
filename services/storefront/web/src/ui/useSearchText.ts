import { useEffect, useState } from 'react';

import { useDebounced } from './useDebounced';

/**
 * The text of a search that follows `q`, what the address asks for, and tells `onSearch` once its writer has paused for `pauseMs`.
 * The address takes its time to say what it was told; what was typed meanwhile stays.
 */
export function useSearchText(q: string, onSearch: (q: string) => void, pauseMs: number) {
  const [text, setText] = useState(q);
  const [seen, setSeen] = useState(q);
  // What the address was asked for last, whoever asked.
  const [told, setTold] = useState(q);
  const asked = useDebounced(text.trim(), pauseMs);
  if (seen !== q) {
    setSeen(q);
    // By the way back, or "show everything"; not by what was typed here.
    if (q !== told) {
      setTold(q);
      setText(q);
    }
  } else if (asked === text.trim() && asked !== told) {
    setTold(asked);
  }
  useEffect(() => {
    if (told !== q) onSearch(told);
    // Once for each that is told anew: an address that changes by itself is told nothing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [told]);
  return { text, setText, asked };
}
