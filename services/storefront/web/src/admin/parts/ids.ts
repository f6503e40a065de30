/** The end of a made-up id, enough to tell one from its neighbours; the whole one stands in its page. An id that somebody chose has words in it, and stays. */
export function short(id: string): string {
  const [, rest = id] = id.split('_');
  return /^[0-9a-f]{13,}$/.test(rest) ? rest.slice(-8) : rest;
}
