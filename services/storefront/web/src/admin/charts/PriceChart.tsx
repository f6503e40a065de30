import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';

import type { Schemas } from '@/api/client';
import { useFormats } from '@/i18n/format';

/** Prices as steps through time, until that moment (milliseconds since 1970). The table beside says the same. */
export function PriceChart({ prices, until }: { prices: readonly Schemas['PriceSet'][]; until: number }) {
  const { money, day, time } = useFormats();
  const currency = prices[0]?.currency ?? 'JPY';
  const points = [...prices].reverse().map(({ since, price }) => ({ at: new Date(since).getTime(), price }));
  const last = points.at(-1);
  if (last) points.push({ at: until, price: last.price });
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart data={points} margin={{ top: 16, right: 20, bottom: 4, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="at" type="number" domain={['dataMin', 'dataMax']} tickCount={3} tickFormatter={(at: number) => day(new Date(at))} stroke="var(--dim)" fontSize={11} tickLine={false} />
        <YAxis domain={['auto', 'auto']} tickFormatter={(price: number) => money(price, currency)} stroke="var(--dim)" fontSize={11} width={64} tickLine={false} axisLine={false} />
        <Tooltip formatter={(price) => money(Number(price), currency)} labelFormatter={(at) => time(new Date(Number(at)))}
          contentStyle={{ background: 'var(--card)', border: '1px solid var(--line)', borderRadius: 8, fontSize: 12 }} />
        <Line type="stepAfter" dataKey="price" name="" stroke="var(--accent)" strokeWidth={2} dot={{ r: 3, fill: 'var(--accent)' }} isAnimationActive={false} />
      </LineChart>
    </ResponsiveContainer>
  );
}
