import { useTranslation } from 'react-i18next';

import { Badge, type Tone } from '@/ui/states';

import type { Order } from '../data/orders';

const TONES: Record<Order['status'], Tone> = { pending: 'info', confirmed: 'info', paid: 'good', shipped: 'good', cancelled: 'bad' };

export function Status({ order }: { order: Order }) {
  const { t } = useTranslation('shop');
  return <Badge tone={TONES[order.status]}>{t(`status.${order.status}`)}</Badge>;
}
