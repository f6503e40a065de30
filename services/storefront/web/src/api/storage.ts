const PREFIX = 'shotengai.';

/** Browser storage that may be forbidden (private windows): the pages work without, and forget. */
export function kept(area: () => Storage) {
  return {
    get(key: string): string | null {
      try {
        return area().getItem(`${PREFIX}${key}`);
      } catch {
        return null;
      }
    },
    set(key: string, value: string | null): void {
      try {
        if (value === null) area().removeItem(`${PREFIX}${key}`);
        else area().setItem(`${PREFIX}${key}`, value);
      } catch {
        // Nothing is kept, then.
      }
    },
  };
}

export const local = kept(() => window.localStorage);
export const session = kept(() => window.sessionStorage);

/** Calls `heard` when another tab has changed one of these, or cleared all, until the answer is called. */
export function whenElsewhere(keys: readonly string[], heard: () => void): () => void {
  const listen = ({ key }: StorageEvent) => {
    if (key === null || keys.some((known) => key === `${PREFIX}${known}`)) heard();
  };
  window.addEventListener('storage', listen);
  return () => window.removeEventListener('storage', listen);
}
