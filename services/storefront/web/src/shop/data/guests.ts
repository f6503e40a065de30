/**
 * Guests of this browser. A guest's account can't be given an address or another language later, so whoever names one at
 * the checkout becomes a new guest, and their cart comes along. Orders of the guest they were stay within reach as long
 * as that guest's token is good.
 */
import { api, body, type Schemas } from '@/api/client';
import { insist } from '@/api/insist';
import { isPassing } from '@/api/problem';
import { becomeGuest, openGuest, token, type Token } from '@/api/session';
import { local, session } from '@/api/storage';

const FORMER = 'former-guests';
const MOVING = 'moving';
const MERGE = 'merge';

interface Former {
  token: string;
  /** When the token ends, in milliseconds since 1970. */
  ends: number;
}

/** Guests that this browser was before, whose tokens are still good. */
export function formerGuests(now = Date.now()): Former[] {
  try {
    const kept: unknown = JSON.parse(local.get(FORMER) ?? '[]');
    return Array.isArray(kept) ? (kept as Former[]).filter((former) => former.ends > now) : [];
  } catch {
    return [];
  }
}

function endOf(token: string): number {
  try {
    const claims = JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: number };
    return (claims.exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}

function rememberFormer(token: string): void {
  const others = formerGuests().filter((former) => former.token !== token);
  local.set(FORMER, JSON.stringify([...others, { token, ends: endOf(token) }].slice(-5)));
}

/** Forgets all: somebody signs out. */
export function forgetGuests(): void {
  local.set(FORMER, null);
  session.set(MOVING, null);
  session.set(MERGE, null);
}

interface Moving {
  from: string;
  to: Token;
  email: string;
  language: string;
}

function begun(from: string | null, email: string, language: string): Token | null {
  try {
    const moving = JSON.parse(session.get(MOVING) ?? 'null') as Moving | null;
    return moving && moving.from === from && moving.email === email && moving.language === language ? moving.to : null;
  } catch {
    return null;
  }
}

/**
 * Becomes a guest with this address, cart and all. `ready` is told of both before the page learns that somebody else is
 * signed in. Called again after a failure, it goes on with the guest it had opened.
 */
export async function mailsTo(email: string, language: string, ready: (userId: string, cart: Schemas['Cart']) => void): Promise<Schemas['Cart']> {
  const from = await token();
  const to = begun(from, email, language) ?? (await openGuest(email, language));
  const headers = { authorization: `Bearer ${to.access_token}` };
  let cart: Schemas['Cart'];
  if (from) {
    // Kept before anything is moved: where the answer is lost, the cart may be the new guest's already.
    session.set(MOVING, JSON.stringify({ from, to, email, language } satisfies Moving));
    cart = await insist(() => body(api.POST('/cart/merge', { body: { guest_token: from }, headers })));
    rememberFormer(from);
  } else {
    cart = await insist(() => body(api.GET('/cart', { headers })));
  }
  session.set(MOVING, null);
  ready(to.user_id, cart);
  becomeGuest(to);
  return cart;
}

/**
 * Whoever signs in brings the cart of the guest they were; answers it as it is then, or nothing where there is none to bring.
 * Remembered until it is done.
 */
export async function bringCart(guestToken: string | null): Promise<Schemas['Cart'] | null> {
  if (guestToken) session.set(MERGE, guestToken);
  const kept = session.get(MERGE);
  if (!kept) return null;
  let cart: Schemas['Cart'];
  try {
    cart = await insist(() => body(api.POST('/cart/merge', { body: { guest_token: kept } })));
  } catch (error) {
    if (!isPassing(error)) session.set(MERGE, null);
    throw error;
  }
  session.set(MERGE, null);
  rememberFormer(kept);
  return cart;
}
