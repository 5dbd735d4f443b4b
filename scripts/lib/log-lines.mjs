/** What child processes say: shown readably to a person at a terminal, passed on as JSON lines otherwise. */
import { createInterface } from 'node:readline';
import { format, stripVTControlCharacters } from 'node:util';

const LEVELS = {
  10: ['trace', 90],
  20: ['debug', 90],
  30: ['info', 32],
  40: ['warn', 33],
  50: ['error', 31],
  60: ['fatal', 31],
};
const WARN = 40;
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'error', 'err']);

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const colour = (code, text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

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

const shown = (value) => (typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value));

/** One log entry for a person: time, who, level, message, fields, stack. */
export function pretty(source, entry) {
  const [level, code] = LEVELS[entry.level] ?? ['info', 32];
  const time = new Date(entry.time ?? Date.now()).toTimeString().slice(0, 8);
  const error = entry.error ?? entry.err;
  const fields = Object.entries(entry)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`);
  if (typeof error === 'string') fields.push(`error=${shown(error)}`);
  const text = [
    colour(90, time),
    colour(36, source.padEnd(9)),
    colour(code, level.padEnd(5)),
    entry.msg ?? '',
    colour(90, fields.join(' ')),
  ].join(' ');
  return typeof error?.stack === 'string' ? `${text}\n${error.stack.replace(/^/gm, '    ')}` : text;
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
