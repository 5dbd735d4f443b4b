import proto, { type onnx as Onnx } from 'onnx-proto';
import { ConversionError, quote } from '../errors.js';
import { clampToSafe, type Tensor } from './tensor.js';
import { bigintOf, decodeTensor, encodeTensor } from './tensor-proto.js';

const { AttributeType } = proto.onnx.AttributeProto;

/** A node's attribute. `raw` holds kinds that this library only passes through (subgraphs, sparse tensors, types). */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'raw'; readonly value: Onnx.IAttributeProto };

export type Attributes = Readonly<Record<string, Attribute>>;

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
export const strings = (value: readonly string[]): Attribute => ({ kind: 'strings', value });
export const tensorAttribute = (value: Tensor): Attribute => ({ kind: 'tensor', value });

const text = (bytes: Uint8Array | null | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());
const integer = (value: unknown) => clampToSafe(Number(bigintOf((value ?? 0) as number)));

/** Before IR version 3 files named no types: then the field that is filled tells. */
function typeOf(source: Onnx.IAttributeProto): number {
  if (source.type) return source.type;
  if (source.ints?.length) return AttributeType.INTS;
  if (source.floats?.length) return AttributeType.FLOATS;
  if (source.strings?.length) return AttributeType.STRINGS;
  if (source.t) return AttributeType.TENSOR;
  if (source.s?.length) return AttributeType.STRING;
  return source.f ? AttributeType.FLOAT : AttributeType.INT;
}

export function decodeAttribute(source: Onnx.IAttributeProto): Attribute {
  switch (typeOf(source)) {
    case AttributeType.INT:
      return int(integer(source.i));
    case AttributeType.FLOAT:
      return float(source.f ?? 0);
    case AttributeType.STRING:
      return string(text(source.s));
    case AttributeType.INTS:
      return ints((source.ints ?? []).map(integer));
    case AttributeType.FLOATS:
      return floats(source.floats ?? []);
    case AttributeType.STRINGS:
      return strings((source.strings ?? []).map(text));
    case AttributeType.TENSOR:
      return tensorAttribute(decodeTensor(source.t ?? {}));
    default:
      return { kind: 'raw', value: source };
  }
}

export function encodeAttribute(name: string, attribute: Attribute): Onnx.IAttributeProto {
  switch (attribute.kind) {
    case 'int':
      return { name, type: AttributeType.INT, i: attribute.value };
    case 'float':
      return { name, type: AttributeType.FLOAT, f: attribute.value };
    case 'string':
      return { name, type: AttributeType.STRING, s: new TextEncoder().encode(attribute.value) };
    case 'ints':
      return { name, type: AttributeType.INTS, ints: [...attribute.value] };
    case 'floats':
      return { name, type: AttributeType.FLOATS, floats: [...attribute.value] };
    case 'strings':
      return {
        name,
        type: AttributeType.STRINGS,
        strings: attribute.value.map((value) => new TextEncoder().encode(value)),
      };
    case 'tensor':
      return { name, type: AttributeType.TENSOR, t: encodeTensor('', attribute.value) };
    case 'raw':
      return { ...attribute.value, name };
  }
}

function read(attributes: Attributes, name: string, kind: Attribute['kind']): unknown {
  const found = attributes[name];
  if (found && found.kind !== kind)
    throw new ConversionError(`The attribute ${quote(name)} is not of kind ${kind}.`);
  return found?.value;
}

/** Readers of attributes with a default. @throws ConversionError when the attribute is of another kind */
export const intOf = (attributes: Attributes, name: string, otherwise: number): number =>
  (read(attributes, name, 'int') as number | undefined) ?? otherwise;
export const floatOf = (attributes: Attributes, name: string, otherwise: number): number =>
  (read(attributes, name, 'float') as number | undefined) ?? otherwise;
export const stringOf = (attributes: Attributes, name: string, otherwise: string): string =>
  (read(attributes, name, 'string') as string | undefined) ?? otherwise;
export const intsOf = (attributes: Attributes, name: string): readonly number[] | undefined =>
  read(attributes, name, 'ints') as readonly number[] | undefined;
export const tensorOf = (attributes: Attributes, name: string): Tensor | undefined =>
  read(attributes, name, 'tensor') as Tensor | undefined;
