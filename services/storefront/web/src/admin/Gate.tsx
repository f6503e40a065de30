import { type ReactNode, useEffect, useState } from 'react';

import { token, usePerson } from '@/api/session';
import { Skeleton } from '@/ui/states';

import { SignIn } from './SignIn';

/** Shows its children to an administrator; asks everybody else to sign in as one, at the same address. */
export function Gate({ children }: { children: ReactNode }) {
  const person = usePerson();
  const [looked, setLooked] = useState(false);
  useEffect(() => {
    void token().catch(() => undefined).finally(() => setLooked(true));
  }, []);
  if (person?.kind === 'administrator') return children;
  if (!looked) return <Skeleton height="60vh" />;
  return <SignIn other={person?.kind === 'customer'} />;
}
