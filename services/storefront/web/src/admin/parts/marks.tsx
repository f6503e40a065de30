/** States of orders and payments as marks. */
import { useTranslation } from 'react-i18next';

import type { Schemas } from '@/api/client';
import { Badge, type Tone } from '@/ui/states';

const STAGES: Record<Schemas['OrderStage'], Tone> = { pending: 'neutral', confirmed: 'info', paid: 'warn', shipped: 'good', cancelled: 'bad' };
const PAYMENTS: Record<Schemas['PaymentStatus'], Tone> = {
  declined: 'bad', authorized: 'info', capture_started: 'info', capture_declined: 'bad', captured: 'good', void_started: 'info', voided: 'neutral', refund_started: 'info', refunded: 'neutral',
};
const REFUNDS: Record<Schemas['RefundStatus'], Tone> = { requested: 'info', refunded: 'good', declined: 'bad' };

export function StageMark({ stage }: { stage: Schemas['OrderStage'] }) {
  const { t } = useTranslation('admin');
  return <Badge tone={STAGES[stage]}>{t(`stage.${stage}`)}</Badge>;
}

export function PaymentMark({ status }: { status: Schemas['PaymentStatus'] }) {
  const { t } = useTranslation('admin');
  return <Badge tone={PAYMENTS[status]}>{t(`payment.${status}`)}</Badge>;
}

export function RefundMark({ status }: { status: Schemas['RefundStatus'] }) {
  const { t } = useTranslation('admin');
  return <Badge tone={REFUNDS[status]}>{t(`refund.${status}`)}</Badge>;
}
