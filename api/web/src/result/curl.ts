/** A prediction as a command that anyone can run. */
import type { PredictionView } from '@scry/shared/contracts/prediction';

/** Quotes for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A command that asks the same of this server. @param name of the image's file */
export function curlCommand(
  prediction: PredictionView,
  name: string,
  origin: string,
  withKey: boolean,
): string {
  const fields = { model: prediction.model.name, ...prediction.parameters };
  const lines = [
    `curl ${quote(`${origin}/v1/predictions`)}`,
    ...(withKey ? ['  -H "Authorization: Bearer $SCRY_KEY"'] : []),
    "  -H 'Prefer: wait=10'",
    ...Object.entries(fields).map(([field, value]) => `  -F ${quote(`${field}=${String(value)}`)}`),
    `  -F ${quote(`image=@${name}`)}`,
  ];
  return lines.join(' \\\n');
}
