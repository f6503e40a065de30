import type { Schemas } from '@/api/client';

type Product = Schemas['Product'];

/** What of a product somebody edits, as one form holds it. Texts are never missing, only empty. */
export interface Draft {
  name: string;
  nameEn: string;
  description: string;
  descriptionEn: string;
  price: number;
  /** One a line, as typed. */
  categories: string;
  searchText: string;
}

export type Part = keyof Draft;
export const PARTS: readonly Part[] = ['name', 'nameEn', 'description', 'descriptionEn', 'price', 'categories', 'searchText'];

export const EMPTY: Draft = { name: '', nameEn: '', description: '', descriptionEn: '', price: Number.NaN, categories: '', searchText: '' };

/** The form of a product that was read in the language that its `name` is written in. */
export function draftOf(product: Product): Draft {
  return {
    name: product.name,
    nameEn: product.names?.en ?? '',
    description: product.description,
    descriptionEn: product.descriptions?.en ?? '',
    price: product.price,
    categories: (product.categories ?? []).join('\n'),
    searchText: product.search_text ?? '',
  };
}

export function categoriesOf(text: string): string[] {
  return [...new Set(text.split(/[\n,、]/).map((line) => line.trim()).filter(Boolean))];
}

const CATEGORY = /^[a-z0-9-]+(\/[a-z0-9-]+){0,3}$/;
const NAME_MOST = 200;
const DESCRIPTION_MOST = 2000;
const SEARCH_MOST = 1000;
const CATEGORIES_MOST = 8;

export type DraftFault = 'needed' | 'too_long' | 'price' | 'category' | 'too_many';

/** What the API would refuse, by part. */
export function faultsOf(draft: Draft): Partial<Record<Part, DraftFault>> {
  const faults: Partial<Record<Part, DraftFault>> = {};
  const longer = (text: string, most: number) => Array.from(text).length > most;
  if (!draft.name.trim()) faults.name = 'needed';
  else if (longer(draft.name, NAME_MOST)) faults.name = 'too_long';
  if (longer(draft.nameEn, NAME_MOST)) faults.nameEn = 'too_long';
  if (longer(draft.description, DESCRIPTION_MOST)) faults.description = 'too_long';
  if (longer(draft.descriptionEn, DESCRIPTION_MOST)) faults.descriptionEn = 'too_long';
  if (longer(draft.searchText, SEARCH_MOST)) faults.searchText = 'too_long';
  if (!(draft.price >= 0)) faults.price = 'price';
  const categories = categoriesOf(draft.categories);
  if (categories.length > CATEGORIES_MOST) faults.categories = 'too_many';
  else if (categories.some((category) => !CATEGORY.test(category))) faults.categories = 'category';
  return faults;
}

/** All languages of a text with English as the form has it. Others stay as they are. */
function languages(before: Readonly<Record<string, string>> | undefined, english: string): Record<string, string> {
  const others = Object.entries(before ?? {}).filter(([language]) => language !== 'en');
  return Object.fromEntries(english.trim() ? [...others, ['en', english.trim()]] : others);
}

/** The request that changes `before` to the draft. The price stays out unless it was changed: a price stream may set it. */
export function changeOf(draft: Draft, before: Product): Schemas['ChangeProduct'] {
  return {
    name: draft.name.trim(),
    description: draft.description,
    names: languages(before.names, draft.nameEn),
    descriptions: languages(before.descriptions, draft.descriptionEn),
    categories: categoriesOf(draft.categories),
    search_text: draft.searchText,
    ...(draft.price !== before.price && { price: draft.price }),
  };
}

export function creationOf(draft: Draft, stock: number): Schemas['CreateProduct'] {
  return {
    name: draft.name.trim(),
    price: draft.price,
    description: draft.description,
    stock,
    names: languages(undefined, draft.nameEn),
    descriptions: languages(undefined, draft.descriptionEn),
    categories: categoriesOf(draft.categories),
    search_text: draft.searchText,
  };
}

/** A part that somebody else changed meanwhile. */
export interface Difference {
  part: Part;
  before: Draft[Part];
  theirs: Draft[Part];
  mine: Draft[Part];
  /** Both changed it, and not to the same: somebody has to choose. */
  both: boolean;
}

const same = (a: Draft[Part], b: Draft[Part]) => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** Compares three states of a product: as the form began, as the form is, as the product is now. */
export function compare(before: Draft, mine: Draft, theirs: Draft): Difference[] {
  return PARTS.filter((part) => !same(before[part], theirs[part]) && !same(mine[part], theirs[part])).map((part) => ({
    part, before: before[part], theirs: theirs[part], mine: mine[part], both: !same(before[part], mine[part]),
  }));
}

/** The form with these parts taken from the product as it is now. */
export function merged(mine: Draft, theirs: Draft, taken: ReadonlySet<Part>): Draft {
  return Object.fromEntries(PARTS.map((part) => [part, taken.has(part) ? theirs[part] : mine[part]])) as unknown as Draft;
}

/** The form after it was saved as `sent`: as the product is now, but for what was typed meanwhile. */
export function rebased(now: Draft, sent: Draft, saved: Draft): Draft {
  return merged(now, saved, new Set(PARTS.filter((part) => same(now[part], sent[part]))));
}

export function isChanged(a: Draft, b: Draft): boolean {
  return PARTS.some((part) => !same(a[part], b[part]));
}
