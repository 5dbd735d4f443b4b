/** A prediction as a command, or a program, that anyone can run as it is. */
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

/** The same question as JSON: the image's file in the program's words, else the earlier prediction whose image is meant. */
function question({ model, parameters, prediction_id }: PredictionView, file: string | null): string[] {
  const fields = Object.entries({ model: model.name, ...parameters });
  return [
    ...fields.map(([name, value]) => [name, JSON.stringify(value)] as const),
    ...(file === null ? [['from', JSON.stringify(prediction_id)] as const] : []),
  ].map(([name, value]) => `"${name}": ${value}`);
}

const PYTHON_WORDS: Readonly<Record<string, string>> = { true: 'True', false: 'False' };

/** A Python program that asks the same, with nothing but its standard library. */
export function pythonProgram(prediction: PredictionView, { origin, withKey, file }: CommandParts): string {
  const fields = question(prediction, file).map((field) =>
    field.replace(/: (true|false)$/, (_, word: string) => `: ${PYTHON_WORDS[word]}`),
  );
  const image = file === null ? [] : ['"image": image'];
  return [
    `import ${['base64', 'json', ...(withKey ? ['os'] : []), 'urllib.request'].filter((name) => file !== null || name !== 'base64').join(', ')}`,
    '',
    ...(file === null
      ? []
      : [
          `with open(${JSON.stringify(file)}, "rb") as opened:`,
          '    image = base64.b64encode(opened.read()).decode()',
        ]),
    `question = {${[...fields, ...image].join(', ')}}`,
    'headers = {"Content-Type": "application/json", "Prefer": "wait=10"}',
    ...(withKey ? ['headers["Authorization"] = "Bearer " + os.environ["SCRY_KEY"]'] : []),
    `request = urllib.request.Request(${JSON.stringify(`${origin}/v1/predictions`)}, json.dumps(question).encode(), headers)`,
    'with urllib.request.urlopen(request) as answer:',
    '    print(json.dumps(json.load(answer), indent=2))',
    '',
  ].join('\n');
}

/** A program for Node.js 18 or newer that asks the same. */
export function javascriptProgram(
  prediction: PredictionView,
  { origin, withKey, file }: CommandParts,
): string {
  const image = file === null ? [] : ['image'];
  const authorization = withKey ? ["    Authorization: 'Bearer ' + process.env.SCRY_KEY,"] : [];
  return [
    '(async () => {',
    ...(file === null
      ? []
      : [
          "  const { readFile } = await import('node:fs/promises');",
          `  const image = await readFile(${JSON.stringify(file)}, 'base64');`,
        ]),
    '  const headers = {',
    "    'Content-Type': 'application/json',",
    "    Prefer: 'wait=10',",
    ...authorization,
    '  };',
    `  const body = JSON.stringify({ ${[...question(prediction, file), ...image].join(', ')} });`,
    `  const answer = await fetch(${JSON.stringify(`${origin}/v1/predictions`)}, { method: 'POST', headers, body });`,
    '  console.log(JSON.stringify(await answer.json(), null, 2));',
    '})();',
    '',
  ].join('\n');
}
