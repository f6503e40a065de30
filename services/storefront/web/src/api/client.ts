/** The API as its OpenAPI document describes it: paths, parameters and answers are checked by the compiler. */
import createClient, { type Middleware } from 'openapi-fetch';

import { header, remember } from './positions';
import { problemOf, Unreachable } from './problem';
import type { components, paths } from './schema';
import { refused, token } from './session';

export type Schemas = components['schemas'];

let language = 'ja';

/** Answers come in this language from now on. */
export function speak(code: string): void {
  language = code;
}

const common: Middleware = {
  async onRequest({ request }) {
    const bearer = request.headers.has('authorization') ? null : await token();
    if (bearer) request.headers.set('authorization', `Bearer ${bearer}`);
    request.headers.set('accept-language', language);
    const position = header();
    if (position && request.method === 'GET') request.headers.set('shotengai-position', position);
    return request;
  },
  async onResponse({ request, response }) {
    remember(response.headers.get('shotengai-position'));
    if (response.status === 401) refused(request.headers.get('authorization')?.slice('Bearer '.length) ?? '');
    if (!response.ok && response.status !== 304) throw await problemOf(response);
    return undefined;
  },
  onError({ error }) {
    return error instanceof DOMException && error.name === 'AbortError' ? error : new Unreachable('the street does not answer', { cause: error });
  },
};

/** The typed client. It throws `ProblemError` and `Unreachable`; `data` is there otherwise. */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: (request) => fetch(request) });
api.use(common);

/** The body of a good answer. */
export async function body<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

/** A fresh `Idempotency-Key`: 128 random bits. The same on every try of one command. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
