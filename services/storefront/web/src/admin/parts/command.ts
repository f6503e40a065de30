import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';

import { newKey } from '@/api/client';

import { insist } from '../logic/commands';

/**
 * A command that is sent until it is answered. Pressing again after a failure, with the same arguments, is the same intent and
 * has the same key; other arguments, or another press after success, have a new one.
 */
export function useCommand<A, T>(act: (args: A, key: string) => Promise<T>, onSuccess?: (answer: T, args: A) => unknown) {
  const intent = useRef<{ said: string | undefined; key: string } | null>(null);
  return useMutation({
    mutationFn: (args: A) => {
      const said: string | undefined = JSON.stringify(args);
      if (!intent.current || intent.current.said !== said) intent.current = { said, key: newKey() };
      const { key } = intent.current;
      return insist(() => act(args, key));
    },
    onSuccess: (answer, args) => {
      intent.current = null;
      return onSuccess?.(answer, args);
    },
  });
}
