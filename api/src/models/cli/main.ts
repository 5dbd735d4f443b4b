/** Models of a running server from the command line: `npm run models -- push|list|show|…`. */
import { parseArgs } from 'node:util';
import { loadConfig } from '@scry/shared/runtime/load-config';
import type { ScryClient } from './client.js';
import { connect } from './connection.js';
import { catalogue, NotAgreed, pull } from './pull.js';
import {
  exportVersion,
  label,
  list,
  promote,
  push,
  remove,
  retire,
  rollBack,
  show,
  unlabel,
} from './versions.js';

const USAGE = `Models of a running Scry. NAME VERSION may be written NAME@VERSION.

  push FILE… | FOLDER          upload a model and wait until a worker has checked it
       [--name NAME] [--version VERSION|auto] [--labels labels.txt] [--label LABEL|none] [--weight PERCENT] [--no-wait]
  check FOLDER [IMAGES]        load a model without a server; show what it is shown and what it answers
  list                         all versions of all models
  show NAME [VERSION|LABEL]    versions of a model, or all about one
  label NAME LABEL VERSION     point a label at a version [--weight PERCENT of the traffic]
  unlabel NAME LABEL           remove a label; its version stays
  promote NAME [LABEL]         make a label's version the stable one (canary)
  rollback NAME [LABEL]        point a label at what it pointed to before (stable)
  retire NAME VERSION          take a version out of use
  rm NAME VERSION | NAME --all remove a version, or a model, with its files
       [--force]               fails predictions that wait for it, instead of refusing
  export NAME VERSION [FILE]   write a version as a zip
  catalogue                    models that can be pulled
  pull NAME [--yes]            download one of them, after its license was shown

SCRY_URL says where the server is (http://127.0.0.1:8080), SCRY_KEY holds a key with the scopes models:write and read;
on the machine that Scry runs on neither is needed. Exit code: 0 done, 1 failed, 2 not understood.
`;

/** The command line is not understood. */
class UsageError extends Error {}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  ...{ name: text, version: text, label: text, weight: text, labels: text },
  ...{ 'no-wait': flag, yes: flag, all: flag, force: flag, help: flag },
} as const;

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
type Options = ReturnType<typeof parse>['values'];

interface Command {
  /** How many words it takes. */
  readonly words: readonly [least: number, most: number];
  /** Where its first word may be NAME@VERSION. */
  readonly splits?: boolean;
  run(client: ScryClient, words: readonly string[], options: Options): Promise<void>;
}

function weightOf({ weight = '0' }: Options): number {
  const number = Number(weight);
  if (!(number >= 0 && number <= 100))
    throw new UsageError(`--weight: "${weight}" is not a number from 0 to 100.`);
  return number;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  push: {
    words: [1, 1000],
    run: (client, files, { 'no-wait': noWait = false, ...options }) =>
      push(client, files, { ...options, noWait }),
  },
  list: { words: [0, 0], run: (client) => list(client) },
  show: { words: [1, 2], splits: true, run: (client, [name = '', version]) => show(client, name, version) },
  label: {
    words: [3, 3],
    run: (client, [name = '', named = '', version = ''], options) =>
      label(client, name, named, version, weightOf(options)),
  },
  unlabel: {
    words: [2, 2],
    splits: true,
    run: (client, [name = '', named = '']) => unlabel(client, name, named),
  },
  promote: { words: [1, 2], splits: true, run: (client, [name = '', named]) => promote(client, name, named) },
  rollback: {
    words: [1, 2],
    splits: true,
    run: (client, [name = '', named]) => rollBack(client, name, named),
  },
  retire: {
    words: [2, 2],
    splits: true,
    run: (client, [name = '', version = '']) => retire(client, name, version),
  },
  rm: {
    words: [1, 2],
    splits: true,
    run: (client, [name = '', version], { all = false, force = false }) => {
      if ((version === undefined) !== all)
        throw new UsageError('"rm" takes a version, or --all for the model with all its versions.');
      return remove(client, name, version, force);
    },
  },
  export: {
    words: [2, 3],
    splits: true,
    run: (client, [name = '', version = '', file]) => exportVersion(client, name, version, file),
  },
  catalogue: { words: [0, 0], run: (client) => catalogue(client) },
  pull: { words: [1, 1], run: (client, [name = ''], { yes = false }) => pull(client, name, yes) },
};

/** @param environment where the server is and which key it takes */
async function run(args: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { positionals, values } = parse(args);
  const [verb = '', ...given] = positionals;
  if (values.help || verb === 'help') return void process.stdout.write(USAGE);
  const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
  if (!command) throw new UsageError(verb === '' ? 'What is to be done?' : `There is no command "${verb}".`);
  const words = command.splits
    ? given.flatMap((word, place) => (place === 0 ? word.split('@') : [word]))
    : given;
  const [least, most] = command.words;
  if (words.length < least || words.length > most) throw new UsageError(`"${verb}" is not used so.`);
  const databaseUrl = environment.DATABASE_URL || null;
  const config = loadConfig({ ...environment, DATABASE_URL: databaseUrl ?? 'postgres://none/none' });
  const url = environment.SCRY_URL || `http://127.0.0.1:${config.PORT}`;
  const key = environment.SCRY_KEY || null;
  await command.run(await connect({ url, key, databaseUrl, dataDir: config.DATA_DIR }), words, values);
}

try {
  await run(process.argv.slice(2), process.env);
} catch (error) {
  const misunderstood = error instanceof UsageError;
  process.stderr.write(`${(error as Error).message}\n${misunderstood ? `\n${USAGE}` : ''}`);
  process.exitCode = misunderstood || error instanceof NotAgreed ? 2 : 1;
}
