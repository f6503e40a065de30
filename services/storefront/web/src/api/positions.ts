/**
 * Positions that this page's writes have moved (`Shotengai-Position`): reads send the newest back, so that a page always
 * shows what its visitor has just done. The API takes ten; older ones have long been caught up with.
 */
const MOST = 10;
const moved = new Map<string, number>();

/** Remembers the header of a command's answer. */
export function remember(header: string | null): void {
  for (const position of header?.split(',') ?? []) {
    const at = position.lastIndexOf(':');
    const id = position.slice(0, Math.max(at, 0)).trim();
    const version = Number(position.slice(at + 1));
    if (!id || !Number.isSafeInteger(version)) continue;
    const newest = Math.max(version, moved.get(id) ?? 0);
    moved.delete(id);
    moved.set(id, newest);
  }
  while (moved.size > MOST) moved.delete(moved.keys().next().value as string);
}

/** The header for reads; `undefined` where nothing was written yet. */
export function header(): string | undefined {
  return moved.size === 0 ? undefined : [...moved].map(([id, version]) => `${id}:${version}`).join(',');
}

/** Forgets all: another person's from here on. */
export function forget(): void {
  moved.clear();
}
