import { expect, test } from 'vitest';

import { inboxAt } from './places';

test('mails are read in a page of ours where the inbox lets it, else in the inbox itself', () => {
  const at = 'http://127.0.0.1:8025';
  expect([inboxAt(undefined, { inbox: at, mails: at }), inboxAt('a b', { inbox: at, mails: at })]).toEqual(['/inbox', '/inbox?q=a+b']);
  expect([inboxAt(undefined, { inbox: at, mails: null }), inboxAt('ord_1', { inbox: at, mails: null })]).toEqual([at, `${at}/search?q=ord_1`]);
  expect([inboxAt(undefined, { inbox: null, mails: null }), inboxAt('ord_1', { inbox: null, mails: null })]).toEqual([null, null]);
});
