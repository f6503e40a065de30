import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { ProblemError } from '@/api/problem';
import { queries } from '@/app/query';

import { insist } from '../logic/commands';
import { changeOf, compare, type Difference, type Draft, draftOf, isChanged, merged, type Part, rebased } from '../logic/product';
import { change, changed, type Product, productQuery, readProduct } from './products';

/** How often the product may change under the hand before it is left to the merchant to try again. */
const TRIES = 3;

/** What somebody else made of the product while it was edited here. */
export interface Conflict {
  theirs: Product;
  differences: Difference[];
}

/**
 * Edits a product and saves it at the version that was seen. Where somebody else changed it meanwhile nothing is overwritten:
 * the conflict says what they changed. Changes of what the form does not have, pictures say, are no conflict.
 */
export function useSaving(product: Product, onSaved: () => void) {
  const [base, setBase] = useState(product);
  const [draft, setDraft] = useState<Draft>(() => draftOf(product));
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const isDirty = isChanged(draft, draftOf(base));
  // Who edits nothing sees what others do.
  if (!isDirty && !conflict && product.version > base.version) {
    setBase(product);
    setDraft(draftOf(product));
  }
  const saving = useMutation({
    mutationFn: async ({ mine, seen }: { mine: Draft; seen: Product }): Promise<Conflict | Product> => {
      let before = seen;
      for (let attempt = 1; ; attempt += 1) {
        try {
          await insist(() => change(before.product_id, before.version, changeOf(mine, before)));
          return await insist(() => readProduct(before.product_id));
        } catch (error) {
          if (!(error instanceof ProblemError && error.slug === 'precondition-failed') || attempt >= TRIES) throw error;
          const theirs = await insist(() => readProduct(before.product_id));
          const differences = compare(draftOf(before), mine, draftOf(theirs));
          if (differences.length > 0) return { theirs, differences };
          before = theirs;
        }
      }
    },
    onSuccess: async (answer, { mine }) => {
      if ('differences' in answer) {
        setConflict(answer);
        return;
      }
      setConflict(null);
      setBase(answer);
      setDraft((now) => rebased(now, mine, draftOf(answer)));
      queries.setQueryData(productQuery(answer.product_id).queryKey, answer);
      onSaved();
      await changed();
    },
  });
  return {
    draft, isDirty, saving, conflict,
    edit: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })),
    undo: () => setDraft(draftOf(base)),
    save: () => saving.mutate({ mine: draft, seen: base }),
    /** Ends the conflict: these parts as they are now, the rest as it is in the form. */
    settle: (taken: ReadonlySet<Part>) => {
      if (!conflict) return;
      const mine = merged(draft, draftOf(conflict.theirs), taken);
      setBase(conflict.theirs);
      setDraft(mine);
      setConflict(null);
      if (isChanged(mine, draftOf(conflict.theirs))) saving.mutate({ mine, seen: conflict.theirs });
    },
    /** Back to the form, as it is; the next save meets the same conflict. */
    postpone: () => setConflict(null),
  };
}
