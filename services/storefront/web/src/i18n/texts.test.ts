import { expect, test } from 'vitest';

import { TERMS } from '@/console/parts/terms';

const files = import.meta.glob<{ default: Record<string, unknown> }>('./{ja,en}/*.json', { eager: true });

/** Paths of all texts: `cart.empty`. Plural endings are one: English has two where Japanese has one. */
function paths(texts: Record<string, unknown>, before = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') found.set(before + key.replace(/_(one|other)$/, ''), value);
    else for (const [path, text] of paths(value as Record<string, unknown>, `${before}${key}.`)) found.set(path, text);
  }
  return found;
}

const placeholders = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]).sort();

test('both languages say the same things with the same values in them', () => {
  const names = Object.keys(files).filter((name) => name.startsWith('./ja/'));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const [ja, en] = [name, name.replace('/ja/', '/en/')].map((file) => paths(files[file]?.default ?? {}));
    expect([...(ja?.keys() ?? [])].sort(), name).toEqual([...(en?.keys() ?? [])].sort());
    for (const [path, text] of ja ?? []) {
      expect(placeholders(text), `${name}: ${path}`).toEqual(placeholders(en?.get(path) ?? ''));
      expect(text.trim() && en?.get(path)?.trim(), `${name}: ${path}`).toBeTruthy();
    }
  }
});

test('each word that operations explain is explained in two sentences', () => {
  for (const [language, end] of [['ja', '。'], ['en', '.']] as const) {
    const explained = paths((files[`./${language}/console.json`]?.default.terms ?? {}) as Record<string, unknown>);
    expect([...explained.keys()].sort(), language).toEqual(TERMS.flatMap((id) => [`${id}.name`, `${id}.text`]).sort());
    for (const id of TERMS) {
      const text = explained.get(`${id}.text`) ?? '';
      expect(text.endsWith(end), `${language}: ${id}: ${text}`).toBe(true);
      // A sentence ends where the text does, or another one begins.
      expect(text.split(language === 'ja' ? /[。！？](?=.)/ : /[.!?] (?=\p{Lu})/u), `${language}: ${id}`).toHaveLength(2);
    }
  }
});
