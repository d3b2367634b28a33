import protobuf from 'protobufjs/minimal.js';
import { ELEMENT_TYPES, type ElementType, type TensorData } from './element-type.ts';

/** The opset of every graph we write, and the intermediate representation version that goes with it. */
const OPSET_VERSION = 23;
const IR_VERSION = 10;

/** A node attribute. Plain numbers are integers (as almost all are); floats are marked. */
export type AttributeValue = number | string | readonly number[] | { float: number };

export interface NodeRecord {
  operator: string;
  /** `''` is the ONNX standard; `com.microsoft` ONNX Runtime's own. */
  domain: '' | 'com.microsoft';
  /** An omitted optional input or output is `''`. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, AttributeValue>>;
}

export interface ValueRecord {
  name: string;
  type: ElementType;
  shape: readonly number[];
}

export interface ModelRecord {
  nodes: readonly NodeRecord[];
  constants: readonly (ValueRecord & { data: TensorData })[];
  inputs: readonly ValueRecord[];
  outputs: readonly ValueRecord[];
}

/** Wire types of the protobuf encoding. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;

type Writer = protobuf.Writer;
const tag = (field: number, wire: number): number => ((field << 3) | wire) >>> 0;

/** Encodes a graph as an ONNX `ModelProto` (onnx.proto; the field numbers below are the specification's). */
export function encodeModel(model: ModelRecord): Uint8Array {
  const writer = protobuf.Writer.create();
  integer(writer, 1, IR_VERSION);
  message(writer, 7, () => encodeGraph(writer, model));
  for (const [domain, version] of [
    ['', OPSET_VERSION],
    ['com.microsoft', 1],
  ] as const) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      integer(writer, 2, version);
    });
  }
  return writer.finish();
}

function encodeGraph(writer: Writer, model: ModelRecord): void {
  for (const [index, node] of model.nodes.entries()) message(writer, 1, () => encodeNode(writer, node, `n${index}`));
  text(writer, 2, 'fts');
  for (const constant of model.constants) {
    message(writer, 5, () => {
      for (const size of constant.shape) integer(writer, 1, size);
      integer(writer, 2, ELEMENT_TYPES[constant.type].onnx);
      text(writer, 8, constant.name);
      const { buffer, byteOffset, byteLength } = constant.data;
      writer.uint32(tag(9, LENGTH_DELIMITED)).bytes(new Uint8Array(buffer, byteOffset, byteLength));
    });
  }
  for (const input of model.inputs) message(writer, 11, () => encodeValue(writer, input));
  for (const output of model.outputs) message(writer, 12, () => encodeValue(writer, output));
}

function encodeNode(writer: Writer, node: NodeRecord, name: string): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, name);
  text(writer, 4, node.operator);
  for (const [key, value] of Object.entries(node.attributes))
    message(writer, 5, () => encodeAttribute(writer, key, value));
  if (node.domain !== '') text(writer, 7, node.domain);
}

function encodeAttribute(writer: Writer, name: string, value: AttributeValue): void {
  text(writer, 1, name);
  if (typeof value === 'number') {
    integer(writer, 3, value);
    integer(writer, 20, ATTRIBUTE_INT);
  } else if (typeof value === 'string') {
    text(writer, 4, value);
    integer(writer, 20, ATTRIBUTE_STRING);
  } else if ('float' in value) {
    writer.uint32(tag(2, FIXED32)).float(value.float);
    integer(writer, 20, ATTRIBUTE_FLOAT);
  } else {
    for (const item of value) integer(writer, 8, item);
    integer(writer, 20, ATTRIBUTE_INTS);
  }
}

function encodeValue(writer: Writer, value: ValueRecord): void {
  text(writer, 1, value.name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      integer(writer, 1, ELEMENT_TYPES[value.type].onnx);
      message(writer, 2, () => {
        for (const size of value.shape) message(writer, 1, () => integer(writer, 1, size));
      });
    }),
  );
}

function message(writer: Writer, field: number, fill: () => void): void {
  writer.uint32(tag(field, LENGTH_DELIMITED)).fork();
  fill();
  writer.ldelim();
}

function integer(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value);
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, LENGTH_DELIMITED)).string(value);
}
