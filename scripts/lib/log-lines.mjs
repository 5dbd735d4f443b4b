/** What child processes say: shown readably to a person at a terminal, passed on as JSON lines otherwise. */
import { createInterface } from 'node:readline';
import { format, stripVTControlCharacters } from 'node:util';
import { prettyFactory } from 'pino-pretty';

const WARN = 40;

const prettify = prettyFactory({
  colorize: process.stdout.isTTY === true && !process.env.NO_COLOR,
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'pid,hostname,name,worker',
  errorLikeObjectKeys: ['err', 'error'],
  singleLine: true,
});

/** @returns the line's fields; a line that is no JSON becomes a message (native libraries print such) */
function parse(source, line) {
  if (line.startsWith('{')) {
    try {
      return JSON.parse(line);
    } catch {
      // Half a line, from a process that was killed while it wrote: shown as it is.
    }
  }
  return { level: WARN, time: new Date().toISOString(), name: source, msg: stripVTControlCharacters(line) };
}

/** One log entry for a person: who, time, level, message, fields, stack. */
export function pretty(source, { error, ...entry }) {
  // An error that is a sentence is a field like others; one with a stack gets lines of its own.
  const shown = typeof error === 'string' ? { ...entry, reason: error } : { ...entry, error };
  return `${source.padEnd(9)} ${prettify(shown).trimEnd()}`;
}

/** Prints one entry of the launcher's or the database's own. */
export function say(source, level, message, ...details) {
  const entry = { level, time: new Date().toISOString(), name: source, msg: format(message, ...details) };
  print(source, entry);
}

function print(source, entry) {
  process.stdout.write(`${process.stdout.isTTY ? pretty(source, entry) : JSON.stringify(entry)}\n`);
}

/** Shows each line that a stream brings. @param {(line: string) => void} [look] sees each of them as it came */
export function forward(source, stream, look = () => undefined) {
  createInterface({ input: stream }).on('line', (line) => {
    look(line);
    if (line.trim() !== '') print(source, parse(source, line));
  });
}
