/**
 * Every setting, its default and what it costs. `.env.example` and the README's table are written from these descriptions;
 * load-config.ts reads the environment.
 */
import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { flag, folder, list, MIB, type Setting, secret, setting, whole } from './setting.js';

export const settings = {
  HOST: setting(
    z.string().default('127.0.0.1'),
    '127.0.0.1',
    'Address the API listens on, and a worker with WORKER_PORT. Anything but loopback makes AUTH default to "key".',
  ),
  PORT: setting(whole(0, 65535).default(8080), '8080', 'Port the API listens on; 0 takes a free one.'),
  PUBLIC_URL: setting(
    z.url().optional(),
    '',
    "How clients reach the API, for links in answers and webhooks; unset: taken from each request's Host.",
  ),
  TRUST_PROXY: setting(
    whole(0, 10).default(0),
    '0',
    'How many reverse proxies stand in front: client addresses are read that many hops back.',
  ),
  ALLOWED_HOSTS: setting(
    list.optional(),
    '',
    'Comma-separated names that the API may be called by, besides loopback and PUBLIC_URL; * is any. Unset: none with AUTH=open on loopback, else any.',
  ),
  CORS_ORIGINS: setting(
    list.default([]),
    '',
    'Comma-separated origins whose pages may call the API from a browser, such as https://shop.example; * is any.',
  ),
  DATA_DIR: setting(
    folder.default(path.resolve('data')),
    'data',
    'Uploads, results and the embedded database. Shared by api and workers.',
  ),
  MODELS_DIR: setting(
    folder.default(path.resolve('models')),
    'models',
    'One folder per model: the model file, and a manifest.json for what the file does not tell.',
  ),
  DISK_RESERVE_BYTES: setting(
    whole(0).default(512 * MIB),
    String(512 * MIB),
    'Free space that uploads leave on the disk of DATA_DIR; below it they answer 507. 0: they fill the disk.',
  ),
  DATABASE_URL: secret(
    z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    '',
    'PostgreSQL, postgres://…; unset: npm start runs one under DATA_DIR.',
  ),
  DATABASE_POOL: setting(
    whole(1, 200).default(8),
    '8',
    'Connections per process at the most; each costs PostgreSQL 5 to 10 MB.',
  ),
  QUEUE_URL: secret(
    z.url({ protocol: /^(rediss?|postgres(ql)?)$/ }).optional(),
    '',
    'redis://… (thousands of jobs a second) or postgres://… (about a thousand); unset: the database.',
  ),
  WORKERS: setting(whole(0, 64).default(1), '1', 'Worker processes that npm start runs.'),
  WORKER_ID: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/)
      .default(`${hostname()}-${process.pid}`.replace(/[^A-Za-z0-9._-]/g, '-').slice(-64)),
    '',
    "A worker's name in results, metrics and logs; unset: host name and process id.",
  ),
  WORKER_PORT: setting(
    whole(0, 65535).default(0),
    '0',
    'Port on which a worker shows /metrics and /healthz, without a key; further workers of npm start take the next ones. 0: none.',
  ),
  WORKER_ROLES: setting(
    z
      .string()
      .default('predict,train')
      .transform((text) => text.split(',').map((role) => role.trim()))
      .pipe(z.array(z.enum(['predict', 'train'])).min(1)),
    'predict,train',
    'What a worker does: predict, train, or both; trainings run in a process of their own with lower priority.',
  ),
  TRAIN_THREADS: setting(
    whole(1, 256).optional(),
    '',
    'CPU threads of a training; unset: the CPUs granted. The same model comes out again only with the same number.',
  ),
  TRAIN_MEMORY_BYTES: setting(
    whole(16 * MIB).default(4096 * MIB),
    String(4096 * MIB),
    'Most memory that the decoded images of one training may take; a training with more is failed with a sentence.',
  ),
  WORKER_THREADS: setting(
    whole(1, 256).optional(),
    '',
    'Inference threads per worker, each with its own copy of the weights; unset: the CPUs granted, on CUDA one.',
  ),
  WORKER_JOBS: setting(
    whole(1, 100_000).optional(),
    '',
    'Predictions that a worker takes at once, all models together; each model may have one beyond it. Unset: four times what fills the batches of the model with the largest ones.',
  ),
  WORKER_MODELS: setting(
    list.optional(),
    '',
    'Comma-separated names of the models a worker serves; unset: all.',
  ),
  MODEL_IDLE_S: setting(
    whole(1).default(300),
    '300',
    'A version without a label that nobody asked for this long is unloaded, and loaded again when somebody does, seconds.',
  ),
  MODEL_MEMORY_BYTES: setting(
    whole(0).default(0),
    '0',
    'Memory for models per worker, taken as the size of their files times WORKER_THREADS: beyond it the one used longest ago is unloaded. 0: no limit.',
  ),
  MODEL_CHECK_TIMEOUT_S: setting(
    whole(1, 3600).default(120),
    '120',
    'A new version whose check takes longer is rejected, seconds.',
  ),
  MODEL_CHECK_MEMORY_BYTES: setting(
    whole(64 * MIB).default(4096 * MIB),
    String(4096 * MIB),
    'A new version whose check takes more memory is rejected.',
  ),
  WORKER_ALIVE_FILE: setting(
    folder.optional(),
    '',
    'A file that a worker touches every 10 s once its models are loaded, for health checks; unset: none.',
  ),
  DEVICE: setting(
    z.enum(['auto', 'cpu', 'webgpu', 'cuda']).default('auto'),
    'auto',
    'What inference runs on; auto tries the best first and logs which it got.',
  ),
  AUTH: setting(
    z.enum(['open', 'key']).optional(),
    '',
    'open: predicting needs no key, ids are the secret; key: every call needs one. Unset: open on loopback, else key.',
  ),
  RATE_LIMIT: setting(whole(0).default(0), '0', 'Predictions a client may create per minute; 0 is no limit.'),
  MAX_MODEL_BYTES: setting(
    whole(1024).default(2048 * MIB),
    String(2048 * MIB),
    'Largest model accepted by POST /v1/models, all files together, also unpacked.',
  ),
  MAX_DATASET_BYTES: setting(
    whole(1024).default(4096 * MIB),
    String(4096 * MIB),
    'Largest zip that is imported into a data set; unpacked it may be four times as large.',
  ),
  MAX_UPLOAD_BYTES: setting(whole(1024).default(16 * MIB), String(16 * MIB), 'Largest image accepted.'),
  IMAGE_URLS: setting(
    z.enum(['off', 'public', 'any']).optional(),
    '',
    'Whether images are fetched from addresses that requests name: public, from the public internet only; any, also from private and loopback addresses. Unset: public; off with AUTH=open on anything but loopback.',
  ),
  MAX_PIXELS: setting(
    whole(1024).default(50_000_000),
    '50000000',
    'Largest width × height decoded; each pixel of the two largest images decoded at once costs a worker up to 4 bytes.',
  ),
  MAX_UNFINISHED: setting(
    whole(1).default(10_000),
    '10000',
    'Unfinished predictions per model; beyond it creating answers 503.',
  ),
  MAX_UNFINISHED_TOTAL: setting(
    whole(1).default(50_000),
    '50000',
    'Unfinished predictions in all; beyond it creating answers 503.',
  ),
  MAX_WAIT_S: setting(
    whole(1, 600).default(60),
    '60',
    'Longest a request may be held with Prefer: wait or ?wait=, seconds.',
  ),
  MAX_WAITING: setting(
    whole(1).default(5000),
    '5000',
    'Long polls and event streams held at the same time; beyond it they are answered at once, as things stand.',
  ),
  UPLOAD_TIMEOUT_S: setting(
    whole(1, 3600).default(60),
    '60',
    'A request whose body has not arrived by then is ended, seconds.',
  ),
  WRITE_TIMEOUT_S: setting(
    whole(1, 3600).default(30),
    '30',
    'An answer of which the client takes nothing for so long is ended with its connection, seconds.',
  ),
  DECODE_TIMEOUT_S: setting(
    whole(1, 600).default(20),
    '20',
    'An image that takes longer to decode is failed with code 510, seconds.',
  ),
  INFERENCE_TIMEOUT_S: setting(
    whole(1, 3600).default(60),
    '60',
    'A batch that takes longer has its inference thread replaced, seconds.',
  ),
  ATTEMPTS: setting(
    whole(1, 20).default(3),
    '3',
    'Tries per prediction for faults that can pass; bad images get one.',
  ),
  STALE_AFTER_S: setting(
    whole(1, 86_400).default(30),
    '30',
    'An unfinished prediction is looked after by job recovery when nothing happened for this long, seconds.',
  ),
  MODEL_MISSING_S: setting(
    whole(1, 30 * 86_400).default(3600),
    '3600',
    'Predictions that wait for a model which no worker serves are failed after this long, while other workers run, seconds.',
  ),
  SHUTDOWN_TIMEOUT_S: setting(
    whole(1, 3600).default(20),
    '20',
    "Deadline for what runs after SIGTERM, seconds; keep it below the container's grace period.",
  ),
  RETENTION_DAYS: setting(
    z.coerce.number().min(0).default(0),
    '0',
    'Finished predictions and their images are removed after this many days; 0 keeps them.',
  ),
  DERIVED_MAX_BYTES: setting(
    whole(MIB).default(1024 * MIB),
    String(1024 * MIB),
    'Thumbnails, crops and annotated images that are kept, all together; beyond it the oldest go.',
  ),
  DERIVED_DAYS: setting(
    z.coerce.number().positive().default(7),
    '7',
    'Thumbnails, crops and annotated images are removed after this many days, and made again when asked for.',
  ),
  ANSWER_CACHE: setting(
    flag.default(false),
    'false',
    'Answer the same image, model version and parameters from an earlier prediction.',
  ),
  WEBHOOK_SECRET: secret(
    z.string().min(16).optional(),
    '',
    'Signs webhooks (Standard Webhooks, whsec_…); unset: made once and kept in the database.',
  ),
  WEBHOOK_PRIVATE: setting(
    flag.default(false),
    'false',
    'Let webhooks reach private, loopback and link-local addresses.',
  ),
  LOG_LEVEL: setting(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'info',
    'How much is logged (JSON lines on standard output).',
  ),
} as const;

type Settings = typeof settings;
/** The values as they are written, before some are resolved from others. */
export type Read = { [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never };

/** All settings, checked; `AUTH`, `ALLOWED_HOSTS`, `IMAGE_URLS` and `QUEUE_URL` resolved from the others where they were left out. */
export type Config = Readonly<
  Omit<Read, 'AUTH' | 'QUEUE_URL' | 'DATABASE_URL' | 'ALLOWED_HOSTS' | 'IMAGE_URLS'> & {
    AUTH: 'open' | 'key';
    IMAGE_URLS: 'off' | 'public' | 'any';
    ALLOWED_HOSTS: readonly string[];
    QUEUE_URL: string;
    DATABASE_URL: string;
  }
>;

/** Settings that name no process but describe the whole installation, for documents. */
export const settingDocs: readonly { name: string; shown: string; doc: string }[] = Object.entries(
  settings,
).map(([name, { shown, doc }]) => ({ name, shown, doc }));
