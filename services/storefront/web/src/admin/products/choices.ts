import { useQuery } from '@tanstack/react-query';

import { api, body } from '@/api/client';
import type { Choice } from '@/ui/Field';

import { whole } from '../parts/whole';
import { PRODUCTS } from './products';

/** The first hundred products as choices; `chosen` is among them in any case. */
export function useProductChoices(chosen?: string): Choice[] {
  const { data } = useQuery({
    queryKey: [PRODUCTS, 'choices'],
    queryFn: () => body(api.GET('/products', { params: { query: { limit: 100, sort: 'name' } } })),
    staleTime: 60_000,
  });
  const choices = (whole(data?.items).rows ?? []).map(({ product_id, name }) => ({ id: product_id, text: name }));
  return !chosen || choices.some(({ id }) => id === chosen) ? choices : [...choices, { id: chosen, text: chosen }];
}
