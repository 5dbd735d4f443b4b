/** The service "worker" of a docker-compose file, scaled while it runs. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { execCompose, type IDockerComposeOptions, port, upAll } from 'docker-compose';
import type { ScalableSystem } from './systems.js';

const API_PORT = 8080;

/**
 * `docker compose`, or the older `docker-compose` where that is what there is.
 * @throws Error when no engine answers
 */
export function composeExecutable(): NonNullable<IDockerComposeOptions['executable']> {
  const works = (command: string, args: string[]) => spawnSync(command, args).status === 0;
  if (!works('docker', ['info'])) throw new Error('No Docker engine answers: start one, or set DOCKER_HOST.');
  return works('docker', ['compose', 'version']) ? { executablePath: 'docker' } : { standalone: true };
}

/** The library rejects with what the command printed, which is no Error. */
async function told<Result>(what: string, running: Promise<Result>): Promise<Result> {
  try {
    return await running;
  } catch (cause) {
    const { err, message } = cause as { err?: string; message?: string };
    const lines = (err ?? message ?? String(cause)).trim().split('\n');
    throw new Error(`${what} failed: ${lines.slice(-5).join('\n  ')}`, { cause });
  }
}

export interface ComposeOptions {
  /** Such as docker-compose.yml, and those that add to it; the first one's folder is the project's. */
  readonly files: readonly [string, ...string[]];
  /** Where its API is; left out: where the file publishes it. */
  readonly url?: string;
}

/**
 * Containers of a docker-compose file: those that run are kept, missing ones are made and built. At the end there are
 * as many workers as there were before; a system that was not running stays, with the last number of them.
 */
export async function composeSystem({ files, url }: ComposeOptions): Promise<ScalableSystem> {
  const options: IDockerComposeOptions = {
    cwd: path.dirname(path.resolve(files[0])),
    config: files.map((file) => path.resolve(file)),
    executable: composeExecutable(),
  };
  const count = async () => {
    const { out } = await told('docker-compose ps', execCompose('ps', ['-q', 'worker'], options));
    return out.split('\n').filter((line) => line.trim() !== '').length;
  };
  const scale = async (workers: number) => {
    const commandOptions = ['--scale', `worker=${workers}`, '--no-recreate'];
    await told('docker-compose up', upAll({ ...options, commandOptions }));
  };
  const published = async () => {
    const { data } = await told('docker-compose port api', port('api', API_PORT, options));
    return `http://${data.address === '0.0.0.0' ? '127.0.0.1' : data.address}:${data.port}`;
  };
  const before = await count();
  if (before === 0) await scale(1);
  return {
    url: url ?? (await published()),
    described: `Containers of ${files.join(', ')}`,
    scale,
    stop: async () => {
      if (before > 0) await scale(before);
    },
    afterwards:
      before > 0
        ? `The containers run on, with as many workers as before: ${before}.`
        : 'The containers run on; "docker-compose down" stops them.',
  };
}
