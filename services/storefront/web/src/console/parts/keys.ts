import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useNavigate } from 'react-router';

import { local } from '@/api/storage';

/** What `g` and then a letter opens. */
export const PLACES = { s: '/admin/operations', d: '/admin/operations/dead-letters', o: '/admin/operations/orders', i: '/admin/operations/invariants', b: '/admin/operations/rebuilds', r: '/admin/operations/records' } as const;
export type Place = keyof typeof PLACES;
/** How long after `g` the letter may come. */
const TOGETHER_MS = 1_500;

const watchers = new Set<() => void>();

/** Single keys disturb who speaks to the page, so they can be turned off. */
export const keysOn = () => local.get('console.keys') !== 'off';
export function turnKeys(on: boolean): void {
  local.set('console.keys', on ? null : 'off');
  for (const watcher of watchers) watcher();
}
export function useKeysOn(): boolean {
  return useSyncExternalStore((watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, keysOn);
}

/** Whether the key belongs to what has the focus: a field, or a dialog that lies over the page. */
export function isTaken(event: Pick<KeyboardEvent, 'target' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  return event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="listbox"]') !== null;
}

/** Keys that every page of operations has: `?` and `g …`. */
export function useKeys(help: () => void): void {
  const navigate = useNavigate();
  const began = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTaken(event) || !keysOn()) return;
      const going = event.timeStamp - began.current < TOGETHER_MS;
      began.current = 0;
      if (event.key === '?') help();
      else if (event.key === 'g') began.current = event.timeStamp;
      else if (going && event.key in PLACES) void navigate(PLACES[event.key as Place]);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [help, navigate]);
}

/** One more key of a page. */
export function useKey(key: string, action: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isTaken(event) && keysOn() && event.key === key) action();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [key, action]);
}
