/**
 * Fetches one version of a package with `npm pack`, so that the registry, mirror, proxy and certificates that npm is set up
 * with are used here, too. npm gets a folder of its own, whose size is watched: a registry that sends without end is stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setInterval } from 'node:timers/promises';
import type { NpmSource } from './entry.js';
import { checkHash, checkSize, diskFull, PullProblem } from './pull-problem.js';

const LOOK_EVERY_MS = 250;
const TIMEOUT_MS = 15 * 60_000;
/** What npm keeps beside the package: what the registry says about it, and logs. */
const BESIDE_BYTES = 32 * 2 ** 20;
const MOST_SAID = 16 * 1024;
/** npm waits a minute and more between tries unless it is told otherwise. */
const RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=3000'];
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

export interface Fetching {
  /** An empty folder for what is fetched; the caller removes it. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told now and then how many bytes have come. */
  readonly onProgress: (bytes: number) => void;
}

/** The script of the npm that came with this Node, else whatever the PATH has. */
function npmCommand(): [string, ...string[]] {
  const folder = path.dirname(process.execPath);
  const scripts = ['../lib/node_modules/npm/bin/npm-cli.js', 'node_modules/npm/bin/npm-cli.js'];
  const script = scripts.map((file) => path.join(folder, file)).find(existsSync);
  return script ? [process.execPath, script] : ['npm'];
}

/** Bytes of all files in a folder; what goes while it is looked at does not count. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(path.join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Stops npm once it takes too much or too long. @returns why, or null when it ended by itself */
async function watch(
  child: ChildProcess,
  source: NpmSource,
  { folder, onProgress }: Fetching,
  ended: AbortSignal,
): Promise<string | null> {
  const deadline = performance.now() + TIMEOUT_MS;
  const stop = (why: string) => {
    child.kill('SIGKILL');
    return why;
  };
  try {
    for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { signal: ended })) {
      const bytes = await folderBytes(folder);
      onProgress(Math.min(source.bytes, Math.round(bytes / 2))); // npm writes it twice: its cache, and the file
      if (bytes > 2 * source.bytes + BESIDE_BYTES)
        return stop(`The registry sent more than the ${source.bytes} bytes that ${source.package} has`);
      if (performance.now() > deadline)
        return stop(`The registry took longer than ${TIMEOUT_MS / 60_000} minutes`);
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
  return null;
}

const UNREACHABLE =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR)$/;

/** npm's last words as a sentence. */
function explainNpm(said: string, { package: name, version }: NpmSource): PullProblem {
  const code = /^npm (?:error|ERR!) code (\S+)$/m.exec(said)?.[1] ?? '';
  if (code === 'ENOSPC') return diskFull();
  if (UNREACHABLE.test(code))
    return new PullProblem(
      `The npm registry cannot be reached (${code}). Check the network, or tell npm about a mirror or proxy: npm config set registry https://…, npm config set proxy http://….`,
    );
  if (code === 'E404' || code === 'ETARGET')
    return new PullProblem(
      `The npm registry has no ${name}@${version} (${code}): is it a mirror that lacks it?`,
    );
  if (code === 'EINTEGRITY')
    return new PullProblem(
      `What the npm registry sent as ${name}@${version} is damaged (EINTEGRITY): pull it again.`,
    );
  const line = said
    .replace(/^npm (?:error|ERR!) ?(?:code .*)?/gm, '')
    .trim()
    .split('\n')[0];
  return new PullProblem(
    `npm could not fetch ${name}@${version}: ${line || 'it said nothing'} ${code && `(${code})`}`.trim(),
  );
}

/** @throws PullProblem unless npm ended well */
async function runNpm(source: NpmSource, fetching: Fetching, args: readonly string[]): Promise<void> {
  const [command, ...before] = npmCommand();
  const child = spawn(command, [...before, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: fetching.signal,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_SAID);
  });
  const ended = new AbortController();
  const watching = watch(child, source, fetching, ended.signal);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      throw new PullProblem(
        'npm is not installed where the API runs: pull the model where it is, and push it here.',
      );
    });
    ended.abort();
    const stopped = await watching;
    if (stopped !== null) throw new PullProblem(`${stopped}: nothing of it was taken.`);
    if (code !== 0) throw explainNpm(said, source);
  } finally {
    ended.abort();
    await watching;
  }
}

async function sha512(file: string): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return `sha512-${hash.digest('base64')}`;
}

/**
 * Fetches a package and verifies it.
 * @returns path of the packed package, whose hash is the one that the catalogue names
 * @throws PullProblem
 */
export async function fetchPackage(source: NpmSource, fetching: Fetching): Promise<string> {
  const packed = path.join(fetching.folder, 'packed');
  await mkdir(packed, { recursive: true });
  const name = `${source.package}@${source.version}`;
  const registry = source.registry === undefined ? [] : [`--registry=${source.registry}`];
  const places = [`--pack-destination=${packed}`, `--cache=${path.join(fetching.folder, 'cache')}`];
  await runNpm(source, fetching, ['pack', name, ...registry, ...places, ...RETRIES, ...QUIET]);
  const [file] = await readdir(packed);
  if (!file) throw new PullProblem(`npm fetched nothing for ${name}.`);
  const archive = path.join(packed, file);
  checkSize(`The package ${name}`, (await stat(archive)).size, source.bytes);
  checkHash(`The package ${name}`, await sha512(archive), source.integrity);
  return archive;
}
