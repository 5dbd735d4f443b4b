/**
 * What is wrong with a value, in sentences that say what to write. zod's own words, also those of `z.prettifyError`, say what
 * came ("Invalid input", "expected number, received NaN") and for a value of several kinds not what they are.
 */
import { z } from 'zod';

/** Of fields that are not known, so many are named; who sends thousands of them gets no answer of that size. */
const MOST_UNKNOWN = 8;
const LONGEST_NAME = 64;

type Issue = z.core.$ZodIssue;
type Node = z.core.JSONSchema.BaseSchema;

/** One field that is wrong, and how. */
export interface FieldSentence {
  /** With "." between names; empty: the value itself. */
  readonly field: string;
  readonly message: string;
}

function range({ minimum, maximum, exclusiveMinimum }: Node): string {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${most === undefined ? '' : `, ${most} or less`}`;
  return `${least === undefined ? '' : `, ${least} or more`}${most === undefined ? '' : `, ${most} or less`}`;
}

/** A schema in parts: those with a name are referred to by it. */
class Parts {
  readonly root: Node;
  readonly #named: Readonly<Record<string, unknown>>;

  constructor(root: Node) {
    this.#named = root.$defs ?? {};
    this.root = this.part(root) ?? root;
  }

  /** A part, followed to where it is described; null where there is none. */
  part(value: unknown): Node | null {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const node = value as Node;
    return node.$ref === undefined ? node : this.part(this.#named[node.$ref.replace('#/$defs/', '')]);
  }

  /** The kinds that a value may be of; null where it is of one. */
  kinds(node: Node): Node[] | null {
    const kinds: readonly unknown[] | undefined = node.oneOf ?? node.anyOf;
    return kinds?.map((kind) => this.part(kind)).filter((kind) => kind !== null) ?? null;
  }

  /** The part that a path leads to; null where there is none. */
  at(node: Node, path: readonly PropertyKey[], value: unknown): Node | null {
    const [step, ...rest] = path;
    if (step === undefined) return node;
    const next = typeof step === 'number' ? node.items : this.#fields(node, value)[String(step)];
    const part = this.part(next);
    return part && this.at(part, rest, valueAt(value, [step]));
  }

  /** The fields of an object; of one of several kinds, those of the kind that its fixed fields say, such as "format". */
  #fields(node: Node, value: unknown): Readonly<Record<string, unknown>> {
    const isKind = (kind: Node) =>
      Object.entries(kind.properties ?? {}).every(([name, field]) => {
        const fixed = this.part(field)?.const;
        return fixed === undefined || fixed === valueAt(value, [name]);
      });
    const kinds = this.kinds(node)?.filter(({ properties }) => properties !== undefined) ?? [node];
    return kinds.find(isKind)?.properties ?? {};
  }

  /** What a value may be; null where nothing can be said in words. */
  words(node: Node): string | null {
    const kinds = this.kinds(node);
    if (kinds) {
      const said = kinds.map((kind) => this.words(kind));
      return said.includes(null) ? null : [...new Set(said)].join(', or ');
    }
    if (node.enum) return `one of ${node.enum.join(', ')}`;
    if (node.const !== undefined) return JSON.stringify(node.const);
    switch (node.type) {
      case 'integer':
        return `a whole number${range(node)}`;
      case 'number':
        return `a number${range(node)}`;
      case 'boolean':
        return 'true or false';
      case 'string':
        return node.pattern === undefined ? 'a text' : null;
      case 'array':
        return this.#list(node);
      case 'object':
        return 'an object';
      default:
        return node.type === 'null' ? 'null' : null;
    }
  }

  #list({ minItems, maxItems, items }: Node): string {
    const item = this.part(items);
    const count = minItems !== undefined && minItems === maxItems ? `${minItems} values` : 'values';
    const each = item && this.words(item);
    return each === null ? 'a list' : `a list of ${count}, each ${each}`;
  }
}

function unknownFields(
  issue: Extract<Issue, { code: 'unrecognized_keys' }>,
  node: Node | null,
): FieldSentence[] {
  const known = Object.keys(node?.properties ?? {});
  const message = known.length > 0 ? `is not known here; known are ${known.join(', ')}` : 'is not known here';
  const within = issue.path.map((step) => `${String(step)}.`).join('');
  const named = issue.keys
    .slice(0, MOST_UNKNOWN)
    .map((key) => ({ field: within + key.slice(0, LONGEST_NAME), message }));
  const more = issue.keys.length - named.length;
  return more > 0 ? [...named, { field: `${more} more`, message: 'are not known here either' }] : named;
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Messages of zod itself; those of a schema's own checks say better what to write. */
const ZODS_OWN = /^(Invalid|Too (big|small)|Unrecognized)/;

/**
 * Every wrong field with a sentence.
 * @param value what was checked, to tell what is missing from what is wrong
 */
export function sentences(error: z.ZodError, schema: z.ZodType, value: unknown): FieldSentence[] {
  // What goes in, or, where any text does because it is converted, what comes out.
  const inAndOut = (['input', 'output'] as const).map(
    (io) => new Parts(z.toJSONSchema(schema, { unrepresentable: 'any', io })),
  );
  return error.issues.flatMap((issue): FieldSentence[] => {
    const found = inAndOut.map((parts) => ({ parts, node: parts.at(parts.root, issue.path, value) }));
    if (issue.code === 'unrecognized_keys') return unknownFields(issue, found[0]?.node ?? null);
    const field = issue.path.map(String).join('.');
    const said = found.map(({ parts, node }) => node && parts.words(node));
    const expected = ZODS_OWN.test(issue.message) ? (said.find((one) => one !== null) ?? null) : null;
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : null;
    if (expected === null && options) return [{ field, message: `must be one of ${options.join(', ')}` }];
    if (expected === null) return [{ field, message: lowerFirst(issue.message) }];
    const isMissing = issue.path.length > 0 && valueAt(value, issue.path) === undefined;
    return [{ field, message: isMissing ? `is missing; it must be ${expected}` : `must be ${expected}` }];
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[step];
  }
  return found;
}
