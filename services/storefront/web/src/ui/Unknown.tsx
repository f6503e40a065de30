import type { ReactNode } from 'react';

import { lookAgain } from '@/api/session';
import { Failed } from '@/ui/states';

/** While it is not known who is here: the shape of what will be there, or why that can't be told. */
export function Unknown({ error, children }: { error: unknown; children: ReactNode }) {
  return error ? <Failed error={error} again={lookAgain} /> : children;
}
