import { type RefCallback, useCallback, useState } from 'react';

/** Whether the element has come near the window, once and for all. */
export function useSeen(): [RefCallback<HTMLElement>, boolean] {
  const [seen, setSeen] = useState(false);
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      setSeen(true);
      watcher.disconnect();
    }, { rootMargin: '300px' });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  return [ref, seen];
}
