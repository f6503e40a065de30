// How much a first visit loads, compressed, by page. Ends with 1 above the budget, or where a first visit to the shop loads
// what only charts, the administrator or operators need.
import { readFile, stat } from 'node:fs/promises';

const DIST = new URL('../dist/', import.meta.url);
const BUDGET = 200 * 1024;
const APART = [/^src\/admin\/(?!routes)/, /^src\/console\/(?!routes)/, /^charts$/];

const manifest = JSON.parse(await readFile(new URL('.vite/manifest.json', DIST), 'utf8'));

async function size(file) {
  for (const name of [`${file}.br`, file]) {
    const found = await stat(new URL(name, DIST)).catch(() => null);
    if (found) return found.size;
  }
  throw new Error(`${file} is not there`);
}

/** The chunk and all that it loads at once. */
function reached(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) reached(next, seen);
  return seen;
}

function page(source, namespaces) {
  const keys = reached('index.html');
  reached(source, keys);
  for (const namespace of ['common', ...namespaces]) reached(`src/i18n/ja/${namespace}.json`, keys);
  return keys;
}

const pages = { '/': page('src/shop/Home.tsx', ['shop']), '/live': manifest['src/live/Live.tsx'] && page('src/live/Live.tsx', ['live']) };
let failed = false;
for (const [name, keys] of Object.entries(pages)) {
  if (!keys) continue;
  const files = new Set([...keys].flatMap((key) => [manifest[key].file, ...(manifest[key].css ?? [])]));
  let sum = await size('index.html');
  for (const file of files) sum += await size(file);
  console.log(`${name}: ${(sum / 1024).toFixed(1)} KiB compressed in ${files.size + 1} files (budget ${BUDGET / 1024})`);
  failed ||= sum > BUDGET;
  for (const key of keys) {
    const source = manifest[key].src ?? manifest[key].name ?? key;
    if (APART.some((pattern) => pattern.test(source))) {
      console.error(`${name} loads ${source} at once, which belongs in a chunk of its own`);
      failed = true;
    }
  }
}
process.exit(failed ? 1 : 0);
