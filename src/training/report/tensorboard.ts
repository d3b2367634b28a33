import { open } from 'node:fs/promises';
import protobuf from 'protobufjs/minimal.js';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const tag = (field: number, wire: number): number => (field << 3) | wire;

/** The values of several curves at one step. */
export interface ScalarEvent {
  step: number;
  wallTimeSeconds: number;
  scalars: Readonly<Record<string, number>>;
}

/** Writes curves as a TensorBoard event file, shown by `tensorboard --logdir RUN_FOLDER`. */
export async function writeEventFile(path: string, events: readonly ScalarEvent[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write(record(versionEvent(events[0]?.wallTimeSeconds ?? 0)));
    for (const event of events) await file.write(record(scalarEvent(event)));
  } finally {
    await file.close();
  }
}

/** The first event of a file: `Event { double wall_time = 1; string file_version = 3 }`. */
function versionEvent(wallTimeSeconds: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(tag(1, FIXED64))
    .double(wallTimeSeconds)
    .uint32(tag(3, LENGTH_DELIMITED))
    .string('brain.Event:2')
    .finish();
}

/**
 * `Event { wall_time = 1; int64 step = 2; Summary summary = 5 }`, `Summary.Value { string tag = 1; float simple_value =
 * 2 }`.
 */
function scalarEvent({ step, wallTimeSeconds, scalars }: ScalarEvent): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, FIXED64)).double(wallTimeSeconds).uint32(tag(2, VARINT)).int64(step);
  writer.uint32(tag(5, LENGTH_DELIMITED)).fork();
  for (const [name, value] of Object.entries(scalars)) {
    writer.uint32(tag(1, LENGTH_DELIMITED)).fork();
    writer.uint32(tag(1, LENGTH_DELIMITED)).string(name).uint32(tag(2, FIXED32)).float(value);
    writer.ldelim();
  }
  return writer.ldelim().finish();
}

/** A TFRecord: length, masked checksum of the length, data, masked checksum of the data. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return bytes;
}

/** The table of CRC-32C: Castagnoli's polynomial, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function maskedCrc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
