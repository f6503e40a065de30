import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import type { Choice } from '@/ui/Field';
import { Finder } from '@/ui/Finder';
import { useProblemText } from '@/ui/states';
import { useDebounced } from '@/ui/useDebounced';

import { choices } from './choices';

const SHOWN = 20;
const PAUSE_MS = 200;

/** Products on sale that words find; the first ones where there are none. */
async function find(q: string, signal: AbortSignal): Promise<readonly Choice[]> {
  const { items } = q
    ? await body(api.GET('/search/products', { params: { query: { q, limit: SHOWN } }, signal }))
    : await body(api.GET('/products', { params: { query: { limit: SHOWN } }, signal }));
  return items.flatMap((item): Choice[] => ('name' in item ? [{ id: item.product_id, text: item.name }] : []));
}

/** Chooses a product by typing its name. What is chosen is called `name`; it need not be on sale. */
export function ProductFinder({ label, chosen, name, onChoose }: { label: string; chosen: string; name: string; onChoose: (choice: Choice) => void }) {
  const { t } = useTranslation('live');
  const problem = useProblemText();
  // What is typed, until something is chosen.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? name;
  const q = useDebounced(text === name ? '' : text.trim().slice(0, 200), PAUSE_MS);
  const found = useQuery({ queryKey: ['admin', 'rival-choices', q], queryFn: ({ signal }) => find(q, signal), placeholderData: keepPreviousData });
  return (
    <Finder
      label={label} text={text} chosen={chosen} choices={choices(found.data ?? [], { id: chosen, text: name })}
      hint={found.isError ? problem(found.error) : found.data?.length === 0 && !found.isFetching ? t('settings.none') : undefined}
      onText={setTyped}
      onChoose={(choice) => {
        setTyped(null);
        onChoose(choice);
      }}
    />
  );
}
