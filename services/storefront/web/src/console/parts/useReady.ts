import { useQuery } from '@tanstack/react-query';

import { token, usePerson } from '@/api/session';

/** Who looks, once that is known: an account's session is renewed beside the first paint. */
export function useReady() {
  const person = usePerson();
  const known = useQuery({ queryKey: ['console', 'session'], queryFn: async () => (await token()) !== null, staleTime: Infinity, gcTime: 0 });
  return { person, known: person !== null || !known.isPending };
}
