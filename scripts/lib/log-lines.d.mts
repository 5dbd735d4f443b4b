/** One log entry for a person: who, time, level, message, fields, stack. */
export function pretty(source: string, entry: Readonly<Record<string, unknown>>): string;
