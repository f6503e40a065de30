/** What the street tells its pages: addresses that only a developer's street has. */
function told(name: string): string | null {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;
}

export const places = { inbox: told('inbox'), health: told('health') };
