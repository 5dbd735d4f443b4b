/** Numbers, times and dates as the language chosen writes them. */
import { language } from '../state/settings.js';

/** The language chosen, as it is written where the person is: "en-GB" rather than "en" when the browser says so. */
export function locale(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language.value)) ?? language.value;
}

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `n${locale()}${JSON.stringify(options)}`;
  const format = (cache.get(name) as Intl.NumberFormat) ?? new Intl.NumberFormat(locale(), options);
  cache.set(name, format);
  return format;
}

/** 0.976 → "97.6%". */
export function percent(fraction: number, digits = 1): string {
  const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return numbers({ style: 'percent', ...exactly }).format(fraction);
}

/** 12345.6 → "12,346". */
export function count(value: number, digits = 0): string {
  return numbers({ maximumFractionDigits: digits }).format(value);
}

/** Milliseconds as a person reads them: "3.2 ms", "140 ms", "2.4 s". */
export function duration(ms: number): string {
  if (ms >= 60_000) return `${count(ms / 60_000, 1)} min`;
  if (ms >= 1000) return `${count(ms / 1000, 1)} s`;
  return `${count(ms, ms < 10 ? 1 : 0)} ms`;
}

/** Seconds as "4 d 3 h", "2 h 5 min", "40 s". */
export function span(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min`;
  return `${Math.floor(seconds)} s`;
}

/** 23302 → "23 kB". */
export function bytes(value: number): string {
  if (value >= 1e9) return `${count(value / 1e9, 1)} GB`;
  return value >= 1e6 ? `${count(value / 1e6, 1)} MB` : `${count(Math.ceil(value / 1e3))} kB`;
}

export function dateTime(text: string): string {
  const name = `d${locale()}`;
  const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' };
  const format = (cache.get(name) as Intl.DateTimeFormat) ?? new Intl.DateTimeFormat(locale(), options);
  cache.set(name, format);
  return format.format(new Date(text));
}
