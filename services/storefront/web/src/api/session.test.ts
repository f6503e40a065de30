import { beforeEach, expect, test, vi } from 'vitest';

type Sessions = typeof import('./session');

const answers = new Map<string, () => Promise<Response>>();
const asked: string[] = [];
const token = (user_id: string) => ({ access_token: `t-${user_id}`, token_type: 'Bearer', expires_in: 600, user_id });
const told = (body: unknown, status = 200) => Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
const noPause = () => Promise.resolve();

/** The module as a page that is just loaded has it. */
async function fresh(): Promise<Sessions> {
  vi.resetModules();
  return import('./session');
}

beforeEach(() => {
  window.localStorage.clear();
  answers.clear();
  asked.length = 0;
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    return answers.get(path)?.() ?? Promise.reject(new TypeError('no network'));
  });
});

test('nobody is known at once where no account was left here', async () => {
  expect((await fresh()).whoIsHere()).toMatchObject({ person: null, isKnown: true });
});

test('an account that is being renewed is not nobody, nor is one whose renewal failed', async () => {
  window.localStorage.setItem('shotengai.account', 'yes');
  const { token: get, whoIsHere, lookAgain } = await fresh();
  expect(whoIsHere()).toMatchObject({ person: null, isKnown: false, error: null });
  await expect(get()).rejects.toThrow();
  expect(whoIsHere()).toMatchObject({ isKnown: false, error: { name: 'Unreachable' } });
  answers.set('/auth/refresh', () => told(token('u1')));
  lookAgain();
  await vi.waitFor(() => expect(whoIsHere()).toMatchObject({ person: { userId: 'u1' }, isKnown: true, error: null }));
  expect(window.localStorage.getItem('shotengai.account'), 'other tabs see who it is').toBe('u1');
});

test('a session that is over leaves nobody', async () => {
  window.localStorage.setItem('shotengai.account', 'u1');
  answers.set('/auth/refresh', () => told({ type: '/problems/unauthorized', title: 'Unauthorized', status: 401 }, 401));
  const { token: get, whoIsHere } = await fresh();
  expect(await get()).toBeNull();
  expect(whoIsHere()).toMatchObject({ person: null, isKnown: true });
});

test('a renewal that was under way does not bring back who has signed out', async () => {
  window.localStorage.setItem('shotengai.account', 'u1');
  let answer: (response: Response) => void = () => undefined;
  answers.set('/auth/refresh', () => new Promise((done) => { answer = done; }));
  answers.set('/auth/logout', () => told(null, 204));
  const { token: get, signOut, whoIsHere } = await fresh();
  const renewed = get();
  const out = signOut(noPause);
  expect(whoIsHere(), 'at once').toMatchObject({ person: null, isKnown: true });
  answer(await told(token('u1')));
  expect(await renewed).toBeNull();
  await out;
  expect(whoIsHere().person).toBeNull();
  expect(asked, 'with the cookie that the renewal set').toEqual(['/auth/refresh', '/auth/logout']);
});

test('a sign-out is sent again, and says when it got no answer', async () => {
  answers.set('/auth/login', () => told(token('u1')));
  const { signIn, signOut } = await fresh();
  await signIn('a@example.com', 'secret');
  let tries = 0;
  answers.set('/auth/logout', () => told({ type: '/problems/overloaded', title: 'Busy', status: 503 }, ++tries < 3 ? 503 : 204));
  await signOut(noPause);
  expect(tries).toBe(3);
  answers.delete('/auth/logout');
  await signIn('a@example.com', 'secret');
  await expect(signOut(noPause)).rejects.toMatchObject({ name: 'Unreachable' });
});

test('who signs in or out in another tab has done so here', async () => {
  answers.set('/auth/login', () => told(token('u1')));
  answers.set('/auth/refresh', () => told(token('u2')));
  const { signIn, whoIsHere, followOtherTabs } = await fresh();
  await signIn('a@example.com', 'secret');
  const heard = vi.fn();
  const stop = followOtherTabs(heard);
  const elsewhere = (value: string | null) => {
    if (value) window.localStorage.setItem('shotengai.account', value);
    else window.localStorage.removeItem('shotengai.account');
    window.dispatchEvent(new StorageEvent('storage', { key: 'shotengai.account' }));
  };
  elsewhere('u1');
  expect(heard, 'the same one').not.toHaveBeenCalled();
  elsewhere('u2');
  expect(whoIsHere()).toMatchObject({ person: null, isKnown: false });
  await vi.waitFor(() => expect(whoIsHere().person?.userId).toBe('u2'));
  elsewhere(null);
  expect(whoIsHere()).toMatchObject({ person: null, isKnown: true });
  expect(heard).toHaveBeenCalledTimes(2);
  stop();
});
