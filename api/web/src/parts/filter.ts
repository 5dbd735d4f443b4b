/** Which predictions the history shows, as the API is asked for them. */

export interface Filter {
  readonly model: string;
  readonly status: string;
  readonly label: string;
  /** Of failures, "550"; empty for any. */
  readonly code: string;
  /** Days as the person's calendar has them, "2026-01-31"; empty for no bound. */
  readonly since: string;
  readonly until: string;
}

export const NO_FILTER: Filter = { model: '', status: '', label: '', code: '', since: '', until: '' };

/** Midnight of a day where the person is, as the API wants times. */
function midnight(day: string, plusDays: number): string | null {
  const date = new Date(`${day}T00:00:00`);
  if (Number.isNaN(date.getTime())) return null;
  date.setDate(date.getDate() + plusDays);
  return date.toISOString();
}

/** The filter as the tail of a query string, beginning with "&" where it has anything. */
export function queryOf({ model, status, label, code, since, until }: Filter): string {
  const query = new URLSearchParams();
  const from = midnight(since, 0);
  const to = midnight(until, 1);
  if (model) query.set('model', model);
  if (status) query.set('status', status);
  if (label.trim()) query.set('label', label.trim());
  if (code) query.set('code', code);
  if (from) query.set('since', from);
  if (to) query.set('until', to);
  const text = query.toString();
  return text && `&${text}`;
}

/** The filter as the query of the page's address, with "?" where it has anything. */
export function addressOf(filter: Filter): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value.trim() !== ''));
  const text = query.toString();
  return text && `?${text}`;
}

/** Reads a filter from the page's address. */
export function filterIn(search: string): Filter {
  const query = new URLSearchParams(search);
  const names = Object.keys(NO_FILTER) as (keyof Filter)[];
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? ''])) as unknown as Filter;
}
