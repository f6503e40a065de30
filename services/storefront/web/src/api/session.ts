/**
 * Who is signed in. An access token is kept in memory (a guest's in the browser's storage, as a guest has nothing else);
 * a session of an account is renewed by its cookie, which no script can read.
 */
import { useSyncExternalStore } from 'react';

import { forget } from './positions';
import { isPassing, problemOf, Unreachable } from './problem';
import { local, whenElsewhere } from './storage';
import { kindOf, type Person, type Token } from './tokens';

export type { Person, Token };

/** What is known of who is here. */
export interface Who {
  person: Person | null;
  /** Not before the session that an account left here has been renewed: until then `person` tells nothing. */
  isKnown: boolean;
  /** Why that failed, where it did. */
  error: unknown;
}

interface Session extends Person {
  token: string;
  /** When the token ends, in milliseconds since 1970. */
  ends: number;
}

/** A token that ends within this time is renewed first. */
const MARGIN_MS = 30_000;
/** The id of the account that is signed in here: a guest's page asks for no session, and other tabs see who it is. */
const ACCOUNT = 'account';
const GUEST = 'guest';
/** How often a sign-out is sent again. */
const TRIES = 4;

let current: Session | null = null;
let who: Who = { person: null, isKnown: local.get(ACCOUNT) === null, error: null };
let renewing: Promise<Session | null> | null = null;
let opening: Promise<Person> | null = null;
/** Counts sign-ins and sign-outs: an answer to what was asked before one of them says nothing about who is here. */
let turn = 0;
const watchers = new Set<() => void>();

function tell(next: Who): void {
  who = next;
  for (const watcher of watchers) watcher();
}

function put(session: Session | null): void {
  if (session?.userId !== current?.userId) forget();
  current = session;
  tell({ person: session && { kind: session.kind, userId: session.userId }, isKnown: true, error: null });
}

/** Another session from here on, whatever is still under way. */
function begin(session: Session | null): void {
  turn += 1;
  renewing = null;
  put(session);
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
  if (renewing) return renewing;
  const begun = turn;
  const asked = (async () => {
    const answer = await ask('/auth/refresh');
    if (!answer.ok && answer.status !== 401) throw await problemOf(answer);
    const token = answer.ok ? ((await answer.json()) as Token) : null;
    if (turn !== begun) return current;
    local.set(ACCOUNT, token && token.user_id);
    put(token && sessionOf(token));
    return current;
  })()
    .catch((error: unknown) => {
      if (turn === begun && current === null) tell({ person: null, isKnown: false, error });
      throw error;
    })
    .finally(() => {
      if (renewing === asked) renewing = null;
    });
  renewing = asked;
  return asked;
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
  if (local.get(ACCOUNT)) {
    const renewed = await renew();
    if (renewed) return renewed.token;
  }
  const guest = keptGuest();
  if (guest) {
    if (current?.token !== guest.token) put(guest);
    return guest.token;
  }
  if (current || !who.isKnown) put(null);
  return null;
}

/** Asks again who is here, after that has failed. */
export function lookAgain(): void {
  tell({ ...who, error: null });
  void token().catch(() => undefined);
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
  begin(guest);
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
  await settled();
  const answer = await ask('/auth/login', { email, password });
  if (!answer.ok) throw await problemOf(answer);
  const signedIn = sessionOf((await answer.json()) as Token);
  local.set(ACCOUNT, signedIn.userId);
  local.set(GUEST, null);
  begin(signedIn);
  return { person: signedIn, guestToken };
}

/** Takes the place of the session that it was: after a change of password, say. */
export function replace(token: Token): void {
  begin(sessionOf(token));
}

/** A renewal that is under way sets a cookie, too: what sets or needs the next one waits for it. */
async function settled(): Promise<void> {
  await renewing?.catch(() => undefined);
}

/** Ends the session: here at once, there as soon as that is answered. Fails where it was not, after some tries. */
export async function signOut(pause = (ms: number) => new Promise<unknown>((done) => setTimeout(done, ms))): Promise<void> {
  const isGuest = current?.kind === 'guest';
  const before = settled();
  local.set(ACCOUNT, null);
  local.set(GUEST, null);
  begin(null);
  if (isGuest) return;
  const ended = turn;
  await before;
  // Whoever has signed in meanwhile has another cookie, which is not to end.
  for (let attempt = 0; turn === ended; attempt += 1) {
    try {
      const answer = await ask('/auth/logout');
      if (!answer.ok && answer.status !== 401) throw await problemOf(answer);
      return;
    } catch (error) {
      if (attempt + 1 >= TRIES || !isPassing(error)) throw error;
      await pause(300 * 2 ** attempt);
    }
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

/** Hears of each change of who is here, until the answer is called. */
export function watch(heard: () => void): () => void {
  watchers.add(heard);
  return () => {
    watchers.delete(heard);
  };
}

export const whoIsHere = (): Who => who;

export function useWho(): Who {
  return useSyncExternalStore(watch, whoIsHere);
}

export function usePerson(): Person | null {
  return useWho().person;
}

/** Another tab signs in or out: this one is whoever that one is. `heard` forgets what was read as somebody else. */
export function followOtherTabs(heard: () => void): () => void {
  return whenElsewhere([ACCOUNT, GUEST], () => {
    const account = local.get(ACCOUNT);
    const kept = account ?? keptGuest()?.userId ?? null;
    if (kept === (current?.userId ?? null)) return;
    begin(null);
    if (account) tell({ person: null, isKnown: false, error: null });
    heard();
    void token().catch(() => undefined);
  });
}
