/** The end of an id, enough to tell one from its neighbours. The whole one stands in its page. */
export function short(id: string): string {
  const [, rest = id] = id.split('_');
  return rest.length > 12 ? rest.slice(-8) : rest;
}
