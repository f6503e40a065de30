import { useTranslation } from 'react-i18next';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';

import { useFormats } from '@/i18n/format';

import type { Sales, Span } from '../logic/sales';

/** Money that came in, by hour or day, and what of it went back. The table beside says the same. */
export function SalesChart({ sales, span }: { sales: Sales; span: Span }) {
  const { t, i18n } = useTranslation('admin');
  const { money } = useFormats();
  const label = new Intl.DateTimeFormat(i18n.language, span === 'hour' ? { hour: 'numeric', minute: '2-digit' } : { month: 'numeric', day: 'numeric' });
  const points = sales.bars.map(({ at, taken, back }) => ({ at: label.format(at), kept: taken - back, back }));
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={points} margin={{ top: 8, right: 4, bottom: 0, left: 0 }} barCategoryGap="22%" accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="at" stroke="var(--dim)" fontSize={11} tickLine={false} minTickGap={24} />
        <YAxis tickFormatter={(amount: number) => money(amount, sales.currency)} stroke="var(--dim)" fontSize={11} width={76} tickLine={false} axisLine={false} allowDecimals={false} />
        <Tooltip cursor={{ fill: 'var(--raised)' }} formatter={(amount) => money(Number(amount), sales.currency)}
          contentStyle={{ background: 'var(--card)', border: '1px solid var(--line)', borderRadius: 8, fontSize: 12 }} />
        <Bar dataKey="kept" stackId="money" name={t('dashboard.kept')} fill="var(--accent-fill)" isAnimationActive={false} />
        <Bar dataKey="back" stackId="money" name={t('dashboard.back')} fill="var(--line-strong)" isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  );
}
