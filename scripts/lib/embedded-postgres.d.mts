export interface EmbeddedPostgres {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly home: string;
  readonly connections?: number;
  readonly durable?: boolean;
  readonly log?: (line: string) => void;
  readonly say?: (sentence: string) => void;
}

export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres>;

export function runningDatabaseUrl(wishedHome: string): string | null;
