import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { useProblemText } from '@/ui/states';

/** What went wrong as a customer of the shop understands it. */
export function useShopProblem(): (error: unknown) => string {
  const { t, i18n } = useTranslation('shop');
  const others = useProblemText();
  return (error) => {
    const key = error instanceof ProblemError ? `problem.${error.slug}` : '';
    return key && i18n.exists(key, { ns: 'shop' }) ? t(key as 'problem.unknown-product') : others(error);
  };
}
