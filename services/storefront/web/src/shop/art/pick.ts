/** Which drawing stands for a product without pictures: by what it is called, else by chance that is always the same. */
export const SWEETS = ['kinoko', 'takenoko', 'dorayaki', 'taiyaki', 'senbei', 'yokan', 'dango', 'daifuku', 'tea', 'chocolate', 'parcel'] as const;
export type Sweet = (typeof SWEETS)[number];

export const PATTERNS = ['seigaiha', 'ichimatsu', 'mameshibori', 'shima', 'shippo', 'uroko'] as const;
export type Pattern = (typeof PATTERNS)[number];

/** Grounds of the drawings, as classes of `art.module.css`. */
export const GROUNDS = 6;

const WORDS: [Sweet, RegExp][] = [
  ['kinoko', /kinoko|きのこ|キノコ|mushroom/i],
  ['takenoko', /takenoko|たけのこ|タケノコ|竹の子|筍|bamboo/i],
  ['dorayaki', /dorayaki|どら焼|どらやき|pancake|今川焼/i],
  ['taiyaki', /taiyaki|たい焼|たいやき|鯛/i],
  ['senbei', /senbei|せんべい|煎餅|おかき|あられ|cracker/i],
  ['yokan', /yokan|羊羹|ようかん|ういろう|jelly|カステラ|castella/i],
  ['dango', /dango|団子|だんご/i],
  ['daifuku', /daifuku|大福|mochi|餅|もち|饅頭|まんじゅう|manju/i],
  ['tea', /tea\b|matcha|抹茶|お茶|煎茶|ほうじ茶|coffee|コーヒー/i],
  ['chocolate', /choco|チョコ|cacao|カカオ/i],
];

/** 32 bits of a text (FNV-1a). */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}

export interface Drawing {
  sweet: Sweet;
  pattern: Pattern;
  ground: number;
  /** What stands on a parcel. */
  mark: string;
}

export function drawing(id: string, names: readonly string[]): Drawing {
  const known = WORDS.find(([, words]) => words.test(id) || names.some((name) => words.test(name)));
  const chance = hash(id);
  return {
    sweet: known?.[0] ?? 'parcel',
    pattern: PATTERNS[chance % PATTERNS.length] ?? 'seigaiha',
    ground: Math.floor(chance / PATTERNS.length) % GROUNDS,
    mark: firstOf(names[0] ?? ''),
  };
}

/** The first character that a reader would count as one. */
function firstOf(name: string): string {
  const segments = new Intl.Segmenter('ja', { granularity: 'grapheme' }).segment(name.trim())[Symbol.iterator]().next();
  return segments.done ? '品' : segments.value.segment.toUpperCase();
}
