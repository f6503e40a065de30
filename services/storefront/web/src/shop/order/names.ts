/** What a product was called when it was ordered, in the reader's language where it has a name in it. */
export function nameOf(item: { name: string; names?: Record<string, string> | undefined }, language: string): string {
  return item.names?.[language] ?? item.name;
}
