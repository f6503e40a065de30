import { useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '@/api/client';
import { usePerson } from '@/api/session';

export type Me = Schemas['Me'];

/** The account of whoever is signed in, guests too. */
export function useMe() {
  const person = usePerson();
  return useQuery({ queryKey: ['me', person?.userId], queryFn: ({ signal }) => body(api.GET('/auth/me', { signal })), enabled: person !== null, staleTime: 60_000 });
}
