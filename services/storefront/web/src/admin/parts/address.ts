import { useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

/** What a list's page is asked for, kept in its address: filters, order, and where its page begins. */
export interface Address {
  get: (name: string) => string | undefined;
  /** Changes filters; the list begins anew. */
  set: (changes: Record<string, string | undefined>) => void;
  cursor: string | undefined;
  /** How many filters are set. */
  filters: number;
  clear: () => void;
  next: (cursor: string) => void;
  /** One page back; to the first one where it is not known which came before. */
  back: () => void;
}

const NO_FILTERS = new Set(['cursor', 'sort', 'lang', 'by']);

export function useAddress(): Address {
  const [params, setParams] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  return useMemo(() => {
    const depth = (location.state as { depth?: number } | null)?.depth ?? 0;
    const changed = (changes: Record<string, string | undefined>) => {
      const next = new URLSearchParams(params);
      for (const [name, value] of Object.entries(changes)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      return next;
    };
    const filters = [...params.keys()].filter((name) => !NO_FILTERS.has(name));
    return {
      get: (name) => params.get(name) ?? undefined,
      set: (changes) => setParams(changed({ ...changes, cursor: undefined }), { replace: true, preventScrollReset: true }),
      cursor: params.get('cursor') ?? undefined,
      filters: filters.length,
      clear: () => setParams(changed(Object.fromEntries([...filters, 'cursor'].map((name) => [name, undefined]))), { replace: true }),
      next: (cursor) => setParams(changed({ cursor }), { state: { depth: depth + 1 } }),
      back: () => {
        if (depth > 0) void navigate(-1);
        else setParams(changed({ cursor: undefined }));
      },
    };
  }, [params, setParams, location.state, navigate]);
}

/** The moment at which a day begins here (`2026-11-30`), or ends with `end`. */
export function momentOf(day: string | undefined, end = false): string | undefined {
  if (!day || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  if (end) at.setDate(at.getDate() + 1);
  return at.toISOString();
}

/** An object without what is `undefined`. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** The one of these that an address names, if it names one. */
export function oneOf<T extends string>(known: readonly T[], value: string | undefined): T | undefined {
  return known.find((one) => one === value);
}
