/** Reads the inbox of a developer's street, which speaks Mailpit's API. Its answers are of its own origin, and are shown as text. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { ProblemError, Unreachable } from '@/api/problem';
import { places } from '@/app/places';
import { unlessRefused } from '@/app/polling';

const EVERY_MS = 2_000;
/** The most that are listed; a search finds the others. */
export const LISTED = 100;

export interface Person { Name: string; Address: string }
export interface Listed { ID: string; Read: boolean; From: Person; To: Person[]; Cc: Person[]; Bcc: Person[]; Subject: string; Created: string; Snippet: string; Attachments: number }
export interface Mails { total: number; unread: number; messages_count: number; messages: Listed[] }
export interface Attachment { PartID: string; FileName: string; Size: number }
export interface Mail { ID: string; From: Person; To: Person[]; Cc: Person[]; Bcc: Person[]; ReplyTo: Person[]; Subject: string; Date: string; Text: string; HTML: string; Attachments: Attachment[] }

/** An address of the inbox's. */
export function at(path: string): string {
  return new URL(path, places.mails ?? window.location.origin).href;
}

async function read<T>(path: string, signal: AbortSignal): Promise<T> {
  const answer = await fetch(at(path), { signal, credentials: 'omit' }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Unreachable('the inbox does not answer');
  });
  if (answer.ok) return (await answer.json()) as T;
  // It refuses in plain words, such as a filter that it does not have.
  const why = await answer.text().catch(() => '');
  throw new ProblemError(answer.status, { type: 'about:blank', title: why || answer.statusText, status: answer.status });
}

/** The newest mails, or those with these words in them; looked at again while the page is in sight. */
export function useMails(q: string) {
  const path = `/api/v1/${q ? 'search' : 'messages'}?${new URLSearchParams({ limit: String(LISTED), ...(q && { query: q }) }).toString()}`;
  return useQuery({
    queryKey: ['inbox', 'list', q],
    queryFn: ({ signal }) => read<Mails>(path, signal),
    refetchInterval: ({ state }) => unlessRefused(state, EVERY_MS),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** One mail. Reading it marks it as read. */
export function useMail(id: string) {
  return useQuery({ queryKey: ['inbox', 'mail', id], queryFn: ({ signal }) => read<Mail>(`/api/v1/message/${encodeURIComponent(id)}`, signal), staleTime: Infinity, retry: 1 });
}

export const nameOf = (person: Person): string => person.Name || person.Address;
export const inFull = (person: Person): string => (person.Name ? `${person.Name} <${person.Address}>` : person.Address);

/** A text and the addresses of the web within it, in turns: the odd ones are addresses. */
export function linked(text: string): string[] {
  // Of ASCII alone, and without what ends a sentence.
  return text.split(/(https?:\/\/[!#-;=?-~]*[\w/#=&%~+-])/g);
}
