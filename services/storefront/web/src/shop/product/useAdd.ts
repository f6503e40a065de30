import { useTranslation } from 'react-i18next';

import { say } from '@/ui/toasts';

import { useAddToCart } from '../cart';
import { type Product } from '../data/products';
import { useShopProblem } from '../useShopProblem';

/** Puts a product into the cart and says so, where the page around does not (`quiet`); says what went wrong, too. `then` goes on where it is in. */
export function useAdd(product: Product, quiet = false): { add: (quantity: number, then?: () => void) => void; busy: boolean } {
  const { t } = useTranslation('shop');
  const problem = useShopProblem();
  const adding = useAddToCart();
  return {
    add: (quantity, then) =>
      adding.mutate({ productId: product.product_id, quantity }, {
        onSuccess: () => {
          if (then) then();
          else if (!quiet) say(t('put_in', { name: product.name }));
        },
        onError: (error) => say(problem(error)),
      }),
    busy: adding.isPending,
  };
}
