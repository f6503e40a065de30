/** Amounts, counts and times in the visitor's language. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

export interface Formats {
  money: (amount: number, currency: string) => string;
  count: (n: number) => string;
  /** A share between 0 and 1, to a tenth of a percent. */
  percent: (share: number) => string;
  /** How much of something is done, between 0 and 1, in whole percents: tenths would only flicker. It is all only where it is. */
  progress: (share: number) => string;
  time: (at: string | Date) => string;
  day: (at: string | Date) => string;
  /** "3 minutes ago". */
  ago: (at: string | Date, now?: Date) => string;
  /** A duration in milliseconds: `840 ms`, `1.2 s`. */
  duration: (ms: number) => string;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

export function formats(language: string): Formats {
  const count = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(language, { style: 'percent' });
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const money = new Map<string, Intl.NumberFormat>();
  return {
    money: (amount, currency) => {
      let known = money.get(currency);
      if (!known) money.set(currency, (known = new Intl.NumberFormat(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })));
      return known.format(amount);
    },
    count: (n) => count.format(n),
    percent: (share) => percent.format(share),
    progress: (share) => whole.format(Math.floor(share * 100 + 1e-9) / 100),
    time: (at) => time.format(new Date(at)),
    day: (at) => day.format(new Date(at)),
    ago: (at, now = new Date()) => {
      const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
      const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
      return relative.format(Math.trunc(seconds / size), unit);
    },
    duration: (ms) => (ms < 1 ? `${short.format(ms * 1000)} µs` : ms < 1000 ? `${short.format(ms)} ms` : `${short.format(ms / 1000)} s`),
  };
}

export function useFormats(): Formats {
  const { i18n } = useTranslation();
  return useMemo(() => formats(i18n.language), [i18n.language]);
}
