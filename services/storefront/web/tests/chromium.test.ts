import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { chromium, NAMES } from './chromium';

let folders: string[] = [];
beforeEach(() => {
  folders = ['first', 'second'].map((name) => mkdtempSync(join(tmpdir(), name)));
});
afterEach(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function put(folder: string, name: string, mode = 0o755): string {
  const file = join(folder, name);
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

test('the browser is the one that is named, else the first that the PATH has', () => {
  const [first = '', second = ''] = folders;
  const PATH = folders.join(delimiter);
  put(first, 'chromium', 0o644);
  expect(chromium({ PATH })).toBe('/usr/bin/chromium');
  const chrome = put(first, 'google-chrome');
  expect(chromium({ PATH })).toBe(chrome);
  const browser = put(second, 'chromium-browser');
  expect(chromium({ PATH })).toBe(browser);
  expect(chromium({ PATH, CHROMIUM: '/opt/another' })).toBe('/opt/another');
});

test('what `make test` asks a machine for is what its tests then find', () => {
  const needs = readFileSync(join(import.meta.dirname, '../../../../deploy/local/needs.sh'), 'utf8');
  const line = needs.split('\n').find((line) => line.includes('{CHROMIUM:-}')) ?? '';
  expect([...line.matchAll(/command -v ([\w-]+)/g)].map(([, name]) => name)).toEqual(NAMES);
});
