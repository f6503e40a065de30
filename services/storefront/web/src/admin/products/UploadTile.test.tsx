import { act, cleanup, fireEvent, render, renderHook, screen } from '@testing-library/react';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import admin from '@/i18n/en/admin.json';
import common from '@/i18n/en/common.json';

import { useUploads } from './uploads';
import { UploadTile } from './UploadTile';

const asked = vi.hoisted(() => ({ askUpload: vi.fn() }));
vi.mock('./products', () => asked);

/** A request to the store, which goes on when a test says so. */
class Request {
  static all: Request[] = [];
  upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null } = { onprogress: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  status = 0;
  statusText = '';
  open = vi.fn();
  setRequestHeader = vi.fn();
  send = vi.fn();
  constructor() {
    Request.all.push(this);
  }
  ends(status: number) {
    this.status = status;
    this.onload?.();
  }
}

beforeAll(async () => {
  await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { admin, common } }, defaultNS: 'common', interpolation: { escapeValue: false } });
});
beforeEach(() => {
  Request.all = [];
  vi.stubGlobal('XMLHttpRequest', Request);
  URL.createObjectURL = () => 'blob:seen';
  URL.revokeObjectURL = () => undefined;
  asked.askUpload.mockReset().mockResolvedValue({ image_id: 'img_1', upload: { method: 'PUT', url: 'http://store/img_1', headers: { 'content-length': '5', 'content-type': 'image/png', 'x-amz-meta-of': 'a' } } });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const file = (name: string, type: string, bytes = 'bytes') => new File([bytes], name, { type });

/** The tiles of these files, and what was told when one had arrived. */
async function choose(...files: File[]) {
  const onSent = vi.fn();
  const { result } = renderHook(() => useUploads('prod_a', onSent));
  await act(async () => {
    result.current.add(files);
    await Promise.resolve();
  });
  const view = render(<ul />);
  const look = () => view.rerender(<ul>{result.current.uploads.map((upload) => <UploadTile key={upload.key} upload={upload} onAgain={() => result.current.again(upload)} onForget={() => result.current.forget(upload.key)} />)}</ul>);
  look();
  const once = async (what: () => void) => {
    await act(async () => {
      what();
      await Promise.resolve();
    });
    look();
  };
  return { onSent, once, states: () => result.current.uploads.map(({ state }) => state) };
}

test('a picture on its way shows how much of it has gone', async () => {
  const { onSent, once, states } = await choose(file('a.png', 'image/png'));
  const bar = screen.getByRole('progressbar');
  expect(bar.getAttribute('aria-valuenow')).toBe('0');
  const [request] = Request.all;
  expect(request?.open).toHaveBeenCalledWith('PUT', 'http://store/img_1');
  expect(request?.setRequestHeader.mock.calls).toEqual([['content-type', 'image/png'], ['x-amz-meta-of', 'a']]);
  await once(() => request?.upload.onprogress?.({ loaded: 2, total: 5 }));
  expect(bar.getAttribute('aria-valuenow')).toBe('40');
  expect(bar.getAttribute('aria-valuetext')).toBe('40%');
  expect(screen.getByText('40%')).toBeTruthy();
  expect(onSent).not.toHaveBeenCalled();
  await once(() => request?.ends(200));
  expect(states()).toEqual(['sent']);
  expect(screen.getByText('100%')).toBeTruthy();
  expect(onSent).toHaveBeenCalledOnce();
});

test('a picture that the store refuses says so, and goes again by the same key when asked', async () => {
  const { once, states } = await choose(file('a.png', 'image/png'));
  await once(() => Request.all[0]?.ends(403));
  expect(states()).toEqual(['failed']);
  expect(screen.queryByRole('progressbar')).toBeNull();
  const again = screen.getByRole('alert').querySelector('button');
  expect(again).not.toBeNull();
  await once(() => again && fireEvent.click(again));
  expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('0');
  const [first, second] = asked.askUpload.mock.calls as [unknown, unknown, string][];
  expect(second?.[2]).toBe(first?.[2]);
  // A try before this one has arrived, though its answer was lost.
  await once(() => Request.all[1]?.ends(412));
  expect(states()).toEqual(['sent']);
});

test('a file that can be no picture is not sent, and can be taken off the list', async () => {
  const { once, states } = await choose(file('page.svg', 'image/svg+xml'), file('nothing.png', 'image/png', ''));
  expect(states()).toEqual(['failed', 'failed']);
  expect(screen.getAllByRole('alert')).toHaveLength(2);
  expect(asked.askUpload).not.toHaveBeenCalled();
  // Trying again would not help.
  expect(screen.getAllByRole('alert').flatMap((alert) => [...alert.querySelectorAll('button')])).toHaveLength(0);
  const [forget] = screen.getAllByRole('button', { name: 'Remove from the list' });
  await once(() => forget && fireEvent.click(forget));
  expect(states()).toEqual(['failed']);
});
