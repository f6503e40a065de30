import { useSyncExternalStore } from 'react';

import { local } from '@/api/storage';

export type Theme = 'system' | 'light' | 'dark';

const watchers = new Set<() => void>();

function read(): Theme {
  const kept = local.get('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Puts the chosen appearance on the page. */
export function apply(theme: Theme = read()): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function choose(theme: Theme): void {
  local.set('theme', theme === 'system' ? null : theme);
  apply(theme);
  for (const watcher of watchers) watcher();
}

export function useTheme(): Theme {
  return useSyncExternalStore((watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, read);
}
