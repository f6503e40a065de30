import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { useTranslation } from 'react-i18next';

import styles from './live.module.css';
import { type Point, topOf } from './minutes';

/** The per-minute lines. A chunk of its own: charts are heavy, and the page is there before them. */
export default function Chart({ points, names }: { points: readonly Point[]; names: readonly [string, string] }) {
  const { i18n } = useTranslation('live');
  const clock = new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit', hour12: false });
  const tick = { fill: 'var(--dim)', fontSize: 12 };
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart data={[...points]} margin={{ top: 8, right: 12, bottom: 0, left: -18 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="at" tickFormatter={(at: number) => clock.format(at)} tick={tick} tickLine={false} axisLine={{ stroke: 'var(--line-strong)' }} minTickGap={48} />
        <YAxis allowDecimals={false} domain={[0, topOf]} interval={0} tick={tick} tickLine={false} axisLine={false} width={48} />
        <Tooltip
          cursor={{ stroke: 'var(--line-strong)' }}
          content={({ active, payload, label }) =>
            active ? (
              <div className={styles.tip}>
                <b>{clock.format(Number(label))}</b>
                {payload.map(({ dataKey, name, value }) => (
                  <span key={String(dataKey)} data-side={dataKey}>{name} <b className="numbers">{value}</b></span>
                ))}
              </div>
            ) : null
          }
        />
        <Line dataKey="first" name={names[0]} stroke="var(--first-line)" strokeWidth={3} dot={false} activeDot={{ r: 5 }} isAnimationActive={false} type="monotone" />
        <Line dataKey="second" name={names[1]} stroke="var(--second-line)" strokeWidth={3} strokeDasharray="7 5" dot={false} activeDot={{ r: 5 }} isAnimationActive={false} type="monotone" />
      </LineChart>
    </ResponsiveContainer>
  );
}
