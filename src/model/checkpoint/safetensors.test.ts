import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { float32Source, SafetensorsReader, writeModelWeights, writeSafetensors } from './safetensors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-safetensors-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('writes the bytes that the format prescribes', async () => {
  const path = join(folder, 'a.safetensors');
  await writeSafetensors(path, [float32Source('w', [1, 2], Float32Array.of(1, -2))], {});
  const header = '{"__metadata__":{},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const expected = Buffer.concat([
    Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(padded),
    Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]),
  ]);
  expect(await readFile(path)).toEqual(expected);
});

it('reads F32, F16, BF16 and F64 as float32', async () => {
  const path = join(folder, 'a.safetensors');
  await writeSafetensors(path, [
    float32Source('f32', [2], Float32Array.of(1.5, -0)),
    { name: 'f16', dtype: 'F16', shape: [3], read: () => Uint16Array.of(0x3c00, 0x0001, 0xfbff) },
    { name: 'bf16', dtype: 'BF16', shape: [2], read: () => Uint16Array.of(0x3f80, 0xc049) },
    { name: 'f64', dtype: 'F64', shape: [], read: () => Float64Array.of(0.1) },
    { name: 'packed', dtype: 'I32', shape: [1], read: () => Int32Array.of(-7) },
  ]);
  const reader = await SafetensorsReader.open(path);
  expect(reader.names()).toEqual(['f32', 'f16', 'bf16', 'f64', 'packed']);
  expect([...(await reader.readFloat32('f32'))]).toEqual([1.5, -0]);
  expect([...(await reader.readFloat32('f16'))]).toEqual([1, 2 ** -24, -65504]);
  expect([...(await reader.readFloat32('bf16'))]).toEqual([1, -3.140625]);
  expect([...(await reader.readFloat32('f64'))]).toEqual([Math.fround(0.1)]);
  expect([...(await reader.readInt32('packed'))]).toEqual([-7]);
  await expect(reader.readFloat32('packed')).rejects.toMatchObject({ kind: 'invalid-input', field: 'packed' });
  await expect(reader.readFloat32('missing')).rejects.toMatchObject({ kind: 'corrupt', field: 'missing' });
  await reader.close();
});

it('reads all shards of an index', async () => {
  await writeSafetensors(join(folder, 'one.safetensors'), [float32Source('a', [1], Float32Array.of(1))]);
  await writeSafetensors(join(folder, 'two.safetensors'), [float32Source('b', [1], Float32Array.of(2))]);
  const index = join(folder, 'model.safetensors.index.json');
  await writeFile(index, JSON.stringify({ weight_map: { a: 'one.safetensors', b: 'two.safetensors' } }));
  const reader = await SafetensorsReader.open(index);
  expect([...(await reader.readFloat32('b'))]).toEqual([2]);
  await reader.close();
});

it('writes a model that exceeds a shard as shards with an index, and names a shard that is missing', async () => {
  const tensors = ['a', 'b', 'c'].map((name, i) => float32Source(name, [4], new Float32Array(4).fill(i)));
  await writeModelWeights(folder, tensors, 32);
  const files = (await readdir(folder)).sort();
  expect(files).toEqual([
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ]);
  const path = join(folder, 'model.safetensors.index.json');
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
    metadata: { total_size: 48 },
    weight_map: { a: files[0], b: files[0], c: files[1] },
  });
  const reader = await SafetensorsReader.open(path);
  expect(await reader.readFloat32('c')).toEqual(new Float32Array(4).fill(2));
  await reader.close();
  await rm(join(folder, files[1]!));
  await expect(SafetensorsReader.open(path)).rejects.toMatchObject({
    kind: 'corrupt',
    message: expect.stringContaining('the shard model-00002-of-00002.safetensors is missing'),
  });
});

it('refuses truncated, lengthened and altered files', async () => {
  const path = join(folder, 'a.safetensors');
  const write = () => writeSafetensors(path, [float32Source('w', [4], new Float32Array(4))]);
  const expectCorrupt = () => expect(SafetensorsReader.open(path)).rejects.toMatchObject({ kind: 'corrupt' });
  await write();
  const whole = await readFile(path);
  for (const length of [0, 7, 40, whole.length - 1]) {
    await write();
    await truncate(path, length);
    await expectCorrupt();
  }
  await writeFile(path, Buffer.concat([whole, Buffer.alloc(1)]));
  await expectCorrupt();
  await writeFile(path, whole.toString('latin1').replace('"F32"', '"F99"'), 'latin1');
  await expectCorrupt();
  await writeFile(path, whole.toString('latin1').replace('[4]', '[5]'), 'latin1');
  await expectCorrupt();
});

it('leaves nothing behind when a tensor cannot be produced', async () => {
  const failing = {
    name: 'w',
    dtype: 'F32' as const,
    shape: [1],
    read: () => Promise.reject(new Error('no such layer')),
  };
  await expect(writeSafetensors(join(folder, 'a.safetensors'), [failing])).rejects.toThrow('no such layer');
  expect(await readdir(folder)).toEqual([]);
});
