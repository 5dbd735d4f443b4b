/** What versions of models answered lately. Every statement reads a bounded number of rows. */
import type { Database } from './database.js';

export interface ClassCount {
  readonly label: string;
  readonly count: number;
}

export interface Answered {
  /** Predictions of the version that succeeded, of those that were read. */
  readonly predictions: number;
  /** The most frequent classes first. */
  readonly classes: readonly ClassCount[];
  /** How many predictions' strongest answer has a confidence within each tenth from 0 to 1. */
  readonly confidences: readonly number[];
}

const TENTHS = 10;

/** A classifier's answer is its strongest class; of other tasks every object counts. */
const ANSWERED = `
  WITH newest AS MATERIALIZED (
    SELECT id, task, model_version, ended, output FROM predictions
    WHERE model = $1 ORDER BY created_at DESC, id DESC LIMIT $3
  ), answers AS MATERIALIZED (
    SELECT task, place, answer->>'class_name' AS label, (answer->>'confidence')::float8 AS confidence
    FROM newest, json_array_elements(output->'predictions') WITH ORDINALITY AS listed (answer, place)
    WHERE model_version = $2 AND ended = 'succeeded'
  )
  SELECT
    (SELECT count(*)::int FROM newest WHERE model_version = $2 AND ended = 'succeeded') AS predictions,
    (SELECT coalesce(json_agg(c), '[]') FROM (
      SELECT label, count(*)::int AS count FROM answers WHERE task <> 'classification' OR place = 1
      GROUP BY label ORDER BY count DESC, label COLLATE "C" LIMIT $4
    ) c) AS classes,
    (SELECT coalesce(json_agg(h), '[]') FROM (
      SELECT least(greatest(floor(confidence * ${TENTHS}), 0), ${TENTHS - 1})::int AS tenth, count(*)::int AS count
      FROM answers WHERE place = 1 GROUP BY 1
    ) h) AS tenths`;

interface Row {
  readonly predictions: number;
  readonly classes: readonly ClassCount[];
  readonly tenths: readonly { readonly tenth: number; readonly count: number }[];
}

export class VersionAnswerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * What a version answered lately.
   * @param newest how many of the model's newest predictions are read
   * @param classes how many classes are counted at the most
   */
  async answered(model: string, version: string, newest: number, classes: number): Promise<Answered> {
    const values = [model, version, newest, classes];
    const [row] = await this.#database.run<Row>('answers_of_version', ANSWERED, values);
    const { predictions, classes: counted, tenths } = row as Row; // without a FROM there is always a row
    const counts = new Map(tenths.map(({ tenth, count }) => [tenth, count]));
    const confidences = Array.from({ length: TENTHS }, (_, tenth) => counts.get(tenth) ?? 0);
    return { predictions, classes: counted, confidences };
  }
}
