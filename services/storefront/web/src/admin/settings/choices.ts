import type { Choice } from '@/ui/Field';

/** What can be chosen: what was found, and what is chosen in any case, also when it is not on sale (any longer). */
export function choices(found: readonly Choice[], chosen: Choice): readonly Choice[] {
  return found.some(({ id }) => id === chosen.id) ? found : [chosen, ...found];
}
