/** Browser storage that may be forbidden (private windows): the pages work without, and forget. */
export function kept(area: () => Storage) {
  return {
    get(key: string): string | null {
      try {
        return area().getItem(`shotengai.${key}`);
      } catch {
        return null;
      }
    },
    set(key: string, value: string | null): void {
      try {
        if (value === null) area().removeItem(`shotengai.${key}`);
        else area().setItem(`shotengai.${key}`, value);
      } catch {
        // Nothing is kept, then.
      }
    },
  };
}

export const local = kept(() => window.localStorage);
export const session = kept(() => window.sessionStorage);
