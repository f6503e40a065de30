/** What the street tells its pages: addresses that only a developer's street has. */
function told(name: string): string | null {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;
}

/** `mails`: the inbox again, where it lets pages of the street read it. */
export const places = { inbox: told('inbox'), mails: told('mails'), health: told('health') };

/** Where mails can be read, those that have these words in them: a page of ours, or Mailpit's; `null` where they go to real people. */
export function inboxAt(words?: string, { inbox, mails }: Pick<typeof places, 'inbox' | 'mails'> = places): string | null {
  const query = words === undefined ? '' : `?${new URLSearchParams({ q: words }).toString()}`;
  if (mails) return `/inbox${query}`;
  return inbox && query ? new URL(`/search${query}`, inbox).href : inbox;
}
