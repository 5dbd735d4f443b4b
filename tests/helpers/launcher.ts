/** `npm start` as a process of its own, and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { REPO } from './system.js';

interface LogLine {
  readonly name?: string;
  readonly pid?: number;
  readonly msg?: string;
}

/** A launcher and what it has said. */
export class Launcher {
  readonly process: ChildProcess;
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(dataDir: string, settings: Readonly<Record<string, string>> = {}) {
    const env = {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: '0',
      HOST: '127.0.0.1',
      DATABASE_URL: '',
      QUEUE_URL: '',
      ...settings,
    };
    this.process = spawn(process.execPath, ['scripts/start.mjs'], { cwd: REPO, env });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (!stream) throw new Error('no output');
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        for (const look of this.#waiting) look();
      });
    }
  }

  /** The first line from the given one on that matches, as soon as it is there. */
  said(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.lines.slice(from).map((line) => pattern.exec(line));
        const first = found.find((match) => match !== null);
        if (!first) return;
        this.#waiting.delete(look);
        resolve(first);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Process ids of the API or the workers, in the order in which they came. */
  pids(name: string): number[] {
    const entries = this.lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter((entry) => entry.name === name && entry.pid !== undefined);
    return [...new Set(entries.map((entry) => entry.pid as number))];
  }

  async end(signal: NodeJS.Signals): Promise<unknown[]> {
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    return exit;
  }
}
