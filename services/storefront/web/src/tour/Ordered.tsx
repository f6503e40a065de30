import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Notice, useProblemText } from '@/ui/states';

import { resend, useTourOrder } from './order';
import { Travel } from './Travel';

/** What became of the tour's order: on its way, not placed and why, or not known. */
export function Ordered({ onBack }: { onBack: () => void }) {
  const { t, i18n } = useTranslation('live');
  const problem = useProblemText();
  const tour = useTourOrder();
  if (tour === null) return <Notice>{t('tour.none')}</Notice>;
  const { order, purchase } = tour;
  if (order.orderId) return <Travel orderId={order.orderId} onBack={onBack} />;
  if (purchase?.stage === 'sending') return <p role="status">{t('stage.sending')}…</p>;
  if (purchase?.stage === 'failed') {
    return (
      <Notice tone="bad" alert>
        <p>{t('stage.failed')}</p>
        <p>{problem(purchase.error)}</p>
        <Button size="small" onPress={onBack}>{t('tour.another')}</Button>
      </Notice>
    );
  }
  // Sent, and never answered, by this page or by the one before it.
  return (
    <Notice tone="warn" alert>
      <p>{t('mine.unsure')}</p>
      <Button size="small" onPress={() => resend(order, i18n.language)}>{t('mine.again')}</Button>
    </Notice>
  );
}
