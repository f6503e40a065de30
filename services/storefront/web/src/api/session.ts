/**
 * Who is signed in. An access token is kept in memory (a guest's in the browser's storage, as a guest has nothing else);
 * a session of an account is renewed by its cookie, which no script can read.
 */
import { useSyncExternalStore } from 'react';

import { forget } from './positions';
import { problemOf, Unreachable } from './problem';
import type { components } from './schema';
import { local } from './storage';

export type Token = components['schemas']['AccessToken'];

export interface Person {
  kind: 'guest' | 'customer' | 'administrator';
  userId: string;
}

interface Session extends Person {
  token: string;
  /** When the token ends, in milliseconds since 1970. */
  ends: number;
}

/** A token that ends within this time is renewed first. */
const MARGIN_MS = 30_000;
/** Set while an account is signed in here, so that a guest's page does not ask for a session that nobody has. */
const HAS_ACCOUNT = 'account';
const GUEST = 'guest';

let current: Session | null = null;
let person: Person | null = null;
let renewing: Promise<Session | null> | null = null;
let opening: Promise<Person> | null = null;
const watchers = new Set<() => void>();

function put(session: Session | null): void {
  if (session?.userId !== current?.userId) forget();
  current = session;
  person = session && { kind: session.kind, userId: session.userId };
  for (const watcher of watchers) watcher();
}

/** Claims of a token, unchecked: the API checks it; here they only decide what is shown. */
function kindOf(token: string): Person['kind'] {
  try {
    const body = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(body.replace(/-/g, '+').replace(/_/g, '/'))) as { role?: string; guest?: boolean };
    if (claims.guest) return 'guest';
    return claims.role === 'administrator' ? 'administrator' : 'customer';
  } catch {
    return 'customer';
  }
}

function sessionOf(token: Token, kind?: Person['kind']): Session {
  return { kind: kind ?? kindOf(token.access_token), userId: token.user_id, token: token.access_token, ends: Date.now() + token.expires_in * 1000 };
}

async function ask(path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (current) headers['authorization'] = `Bearer ${current.token}`;
  try {
    return await fetch(path, { method: 'POST', headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    throw new Unreachable('the street does not answer', { cause: error });
  }
}

/** Renews the account's token by its cookie; one request however many ask. */
function renew(): Promise<Session | null> {
  renewing ??= (async () => {
    const answer = await ask('/auth/refresh');
    if (answer.status === 401) {
      local.set(HAS_ACCOUNT, null);
      put(null);
      return null;
    }
    if (!answer.ok) throw await problemOf(answer);
    put(sessionOf((await answer.json()) as Token));
    return current;
  })().finally(() => {
    renewing = null;
  });
  return renewing;
}

function keptGuest(): Session | null {
  try {
    const guest = JSON.parse(local.get(GUEST) ?? 'null') as Session | null;
    return guest && guest.ends > Date.now() + MARGIN_MS ? guest : null;
  } catch {
    return null;
  }
}

/** The token to send, if anybody is signed in. Renews one that is about to end. */
export async function token(): Promise<string | null> {
  if (current && current.ends > Date.now() + MARGIN_MS) return current.token;
  if (local.get(HAS_ACCOUNT)) {
    const renewed = await renew();
    if (renewed) return renewed.token;
  }
  const guest = keptGuest();
  if (guest) {
    if (current?.token !== guest.token) put(guest);
    return guest.token;
  }
  if (current) put(null);
  return null;
}

/** Opens a guest's account, to which mails go where it has an address. Nobody is that guest yet. */
export async function openGuest(email: string | null, language: string): Promise<Token> {
  const answer = await ask('/auth/guest', { language, ...(email && { email }) });
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as Token;
}

/** From here on this guest. */
export function becomeGuest(token: Token): Person {
  const guest = sessionOf(token, 'guest');
  local.set(GUEST, JSON.stringify(guest));
  put(guest);
  return guest;
}

/** Makes sure that somebody is signed in: opens a guest's account where nobody is. Two at once share one. */
export async function someone(language: string): Promise<Person> {
  if (await token()) return current as Session;
  opening ??= openGuest(null, language)
    .then(becomeGuest)
    .finally(() => {
      opening = null;
    });
  return opening;
}

/** Signs in; answers the guest's token whose cart may be moved over. */
export async function signIn(email: string, password: string): Promise<{ person: Person; guestToken: string | null }> {
  const guestToken = keptGuest()?.token ?? null;
  const answer = await ask('/auth/login', { email, password });
  if (!answer.ok) throw await problemOf(answer);
  const signedIn = sessionOf((await answer.json()) as Token);
  local.set(HAS_ACCOUNT, 'yes');
  local.set(GUEST, null);
  put(signedIn);
  return { person: signedIn, guestToken };
}

/** Takes the place of the session that it was: after a change of password, say. */
export function replace(token: Token): void {
  put(sessionOf(token));
}

/** Ends the session here and there. */
export async function signOut(): Promise<void> {
  const wasAccount = current?.kind !== 'guest';
  local.set(HAS_ACCOUNT, null);
  local.set(GUEST, null);
  try {
    if (wasAccount) await ask('/auth/logout');
  } finally {
    put(null);
  }
}

/** The token was refused: it is not sent again. An account's is renewed by the next call. */
export function refused(token: string): void {
  if (current?.token !== token) return;
  if (current.kind === 'guest') {
    local.set(GUEST, null);
    put(null);
  } else {
    current = { ...current, ends: 0 };
  }
}

export function usePerson(): Person | null {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => person,
  );
}
