/** What tokens say of whom they are for. */
import type { components } from './schema';

export type Token = components['schemas']['AccessToken'];

export interface Person {
  kind: 'guest' | 'customer' | 'administrator';
  userId: string;
}

/** Claims of a token, unchecked: the API checks it; here they only decide what is shown. */
export function kindOf(token: string): Person['kind'] {
  try {
    const body = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(body.replace(/-/g, '+').replace(/_/g, '/'))) as { role?: string; guest?: boolean };
    if (claims.guest) return 'guest';
    return claims.role === 'administrator' ? 'administrator' : 'customer';
  } catch {
    return 'customer';
  }
}
