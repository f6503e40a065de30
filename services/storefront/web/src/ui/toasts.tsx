import { type ComponentType, useEffect, useState } from 'react';

type Loaded = typeof import('./ToastRegion');

let loading: Promise<Loaded> | null = null;
const watchers = new Set<(region: ComponentType) => void>();

/** Says something in passing: what was done. What went wrong stays on the page instead. */
export function say(text: string): void {
  loading ??= import('./ToastRegion');
  loading.then(
    ({ ToastRegion, show }) => {
      for (const watcher of watchers) watcher(ToastRegion);
      show(text);
    },
    () => {
      // The next text loads it again.
      loading = null;
    },
  );
}

/** Where it is said. Loaded once there is something to say. */
export function Toasts() {
  const [Region, setRegion] = useState<ComponentType | null>(null);
  useEffect(() => {
    const watcher = (region: ComponentType) => setRegion(() => region);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
    };
  }, []);
  return Region ? <Region /> : null;
}
