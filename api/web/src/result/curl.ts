/** A prediction as a command that anyone can run. */
import type { PredictionView } from '@scry/shared/contracts/prediction';

/** Quotes for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A file's name in curl's -F, where "," and ";" end a name that is not quoted. */
const fileName = (name: string): string => `"${name.replace(/["\\]/g, '\\$&')}"`;

export interface CommandParts {
  readonly origin: string;
  readonly withKey: boolean;
  /** The image's file, as it is called in the folder where the command runs; null: it is fetched from the server. */
  readonly file: string | null;
}

/** A command that asks the same of this server. */
export function curlCommand(prediction: PredictionView, { origin, withKey, file }: CommandParts): string {
  const fields = { model: prediction.model.name, ...prediction.parameters };
  const key = withKey ? ['  -H "Authorization: Bearer $SCRY_KEY"'] : [];
  const image = `${origin}/v1/predictions/${encodeURIComponent(prediction.prediction_id)}/image`;
  const fetched = [`curl -s ${quote(image)}`, ...key].join(' \\\n');
  const asked = [
    `curl ${quote(`${origin}/v1/predictions`)}`,
    ...key,
    "  -H 'Prefer: wait=10'",
    ...Object.entries(fields).map(([field, value]) => `  -F ${quote(`${field}=${String(value)}`)}`),
    `  -F ${quote(`image=@${file === null ? '-;filename=image' : fileName(file)}`)}`,
  ].join(' \\\n');
  return file === null ? `${fetched} |\n${asked}` : asked;
}
