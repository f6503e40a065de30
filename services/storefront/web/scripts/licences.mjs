// Lists the packages that are in the pages, with the texts of their licences, in dist/licences.txt, which the pages link to.
// Ends with 1 where a package's licence is not among those that go with ours.
import { readFile, readdir, writeFile } from 'node:fs/promises';

const ROOT = new URL('../', import.meta.url);
const GOOD = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'CC0-1.0']);

const lock = JSON.parse(await readFile(new URL('package-lock.json', ROOT), 'utf8'));
const shipped = Object.entries(lock.packages).filter(([path, entry]) => path && !entry.dev && !entry.optional && !entry.peer);
const parts = [];
const bad = [];
for (const [path] of shipped.sort(([a], [b]) => a.localeCompare(b))) {
  const folder = new URL(`${path}/`, ROOT);
  const { name, version, license, homepage } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8'));
  // All of `A AND B`, one of `A OR B`.
  const fits = (license ?? '').replace(/[()]/g, '').split(' AND ').every((part) => part.split(' OR ').some((one) => GOOD.has(one)));
  if (!fits) bad.push(`${name} ${version}: ${license ?? 'no licence'}`);
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file ? await readFile(new URL(file, folder), 'utf8') : '';
  parts.push([`${name} ${version} (${license})`, homepage ?? '', '', text.trim()].join('\n').trim());
}
await writeFile(new URL('dist/licences.txt', ROOT), `${parts.join(`\n\n${'-'.repeat(72)}\n\n`)}\n`);
if (bad.length > 0) {
  console.error(`licences that are not allowed here (scripts/licences.mjs):\n  ${bad.join('\n  ')}`);
  process.exit(1);
}
console.log(`${shipped.length} packages in the pages, all under allowed licences`);
