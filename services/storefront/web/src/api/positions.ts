/**
 * Positions that this page's writes have moved (`Shotengai-Position`): reads send the newest back, so that a page always
 * shows what its visitor has just done. The API takes ten, and lets a read with one wait; reads that may wait are few at a
 * time, so a position is sent only as long as somebody may still be behind it.
 */
const MOST = 10;
const SENT_MS = 30_000;
const moved = new Map<string, { version: number; at: number }>();

/** Remembers the header of a command's answer. */
export function remember(header: string | null, now = Date.now()): void {
  for (const position of header?.split(',') ?? []) {
    const at = position.lastIndexOf(':');
    const id = position.slice(0, Math.max(at, 0)).trim();
    const version = Number(position.slice(at + 1));
    if (!id || !Number.isSafeInteger(version)) continue;
    const known = moved.get(id);
    // What a read has told again is no newer for it.
    if (known && known.version >= version) continue;
    moved.delete(id);
    moved.set(id, { version, at: now });
  }
  while (moved.size > MOST) moved.delete(moved.keys().next().value as string);
}

/** The header for reads; `undefined` where nothing was written of late. */
export function header(now = Date.now()): string | undefined {
  for (const [id, { at }] of moved) if (now - at > SENT_MS) moved.delete(id);
  return moved.size === 0 ? undefined : [...moved].map(([id, { version }]) => `${id}:${version}`).join(',');
}

/** Forgets all: another person's from here on. */
export function forget(): void {
  moved.clear();
}
