/** Numbers, sizes and times as a reader of the chosen language expects them. */
import { createContext, useContext, useMemo } from 'react';

export type Language = 'en' | 'zh';
export const LanguageContext = createContext<Language>('en');

const LOCALES: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

export type Format = {
  number: (value: number) => string;
  /** Bytes in decimal units, as registries print them. */
  bytes: (value: number) => string;
  /** Date and time with seconds, in the reader's zone. */
  moment: (iso: string) => string;
  day: (iso: string) => string;
  /** Distance from `now`, in the largest unit that fits. */
  since: (iso: string, now: number) => string;
  /** Time between two moments, from milliseconds to hours. */
  between: (fromIso: string, toIso: string) => string;
};

/** @throws RangeError for times that are none; callers pass what the contract has checked */
export function makeFormat(language: Language): Format {
  const locale = LOCALES[language];
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'long' });
  const atOnce = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'long' });
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: value < 10 ? 1 : 0,
    }).format(value);
  return {
    number: (value) => number.format(value),
    bytes(value) {
      const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
      const power = value < 1000 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(value) / 3));
      return unit(value / 1000 ** power, names[power] ?? 'byte');
    },
    moment: (iso) => moment.format(new Date(iso)),
    day: (iso) => day.format(new Date(iso)),
    since(iso, now) {
      const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
      const [name, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
      const count = Math.trunc(seconds / size);
      return (count === 0 ? atOnce : relative).format(count, name);
    },
    between(fromIso, toIso) {
      const seconds = Math.max(0, (new Date(toIso).getTime() - new Date(fromIso).getTime()) / 1000);
      if (seconds < 1) return unit(Math.round(seconds * 1000), 'millisecond');
      return seconds < 60
        ? unit(seconds, 'second')
        : seconds < 3600
          ? unit(seconds / 60, 'minute')
          : unit(seconds / 3600, 'hour');
    },
  };
}

export function useFormat(): Format {
  const language = useContext(LanguageContext);
  return useMemo(() => makeFormat(language), [language]);
}
