// Is training as fast as PyTorch's on this CPU? Tokens a second of forward, backward and update in FP32, the same
// models, batches and threads, both sides in turn; AdamW alone; and the share of the machine's own matrix speed.
// npm run bench -- train-speed [--only CASE] [--peer PYTHON] [--seconds PER_ROUND] [--rounds N]
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { familyOf } from '../src/model/families/index.ts';
import type { ModelConfig } from '../src/model/model-config.ts';
import { matrixPeak } from '../src/tensor/matrix-peak.ts';
import { trainingFlopsPerToken } from '../src/training/run/flops.ts';
import type { Bench, BenchRow } from './bench.ts';
import { interleave } from './measure/interleave.ts';
import { TorchPeer } from './peers/torch-peer.ts';
import { llamaShape } from './support/llama-shape.ts';
import { shakespeareBatch, shakespeareModel } from './support/nanogpt-recipe.ts';
import { trainingSteps, updateSteps } from './support/training-steps.ts';

interface Case {
  config: ModelConfig;
  batch: number;
  length: number;
}

const cases: Record<string, Case> = {
  shakespeare: { config: shakespeareModel, ...shakespeareBatch },
  'llama-6x384': { config: llamaShape(6, 384), batch: 8, length: 256 },
  'llama-4x768': { config: llamaShape(4, 768), batch: 8, length: 256 },
};

const bench: Bench = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      peer: { type: 'string' },
      seconds: { type: 'string', default: '1.5' },
      rounds: { type: 'string', default: '7' },
    },
  });
  const schedule = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const threads = availableParallelism();
  const torch = await TorchPeer.start(threads, values.peer);
  const peerName = torch === undefined ? 'PyTorch' : `PyTorch ${torch.version}`;
  const missing = torch === undefined ? { reason: 'no python3 here can import torch' } : {};
  const rows: BenchRow[] = [];
  const flopsPerSecond = new Map<string, number>();
  for (const [name, { config, batch, length }] of Object.entries(cases)) {
    if (values.only !== undefined && values.only !== name) continue;
    const specs = familyOf(config).parameters(config);
    await torch?.sampleMatrixSpeed();
    matrixPeak();
    const ours = await trainingSteps(config, { batch, length });
    await torch?.ask({ op: 'model', config, batch, length });
    const time = await interleave(ours.run, torch && ((count) => torch.times('steps', count)), schedule);
    await ours.close();
    const speed = (milliseconds: number): number => (batch * length * 1000) / milliseconds;
    rows.push({
      case: name,
      ours: speed(time.ours),
      peer: time.peer === null ? null : speed(time.peer),
      peerName,
      unit: 'tok/s',
      ratio: time.peerOverOurs,
      higherIsBetter: true,
      ...missing,
    });
    flopsPerSecond.set(name, speed(time.ours) * trainingFlopsPerToken(config, specs, length));
  }
  for (const count of [1e6, 1e8]) {
    const name = `adamw ${count / 1e6} M`;
    if (values.only !== undefined && values.only !== name) continue;
    const ours = await updateSteps(count);
    await torch?.ask({ op: 'vector', count });
    const time = await interleave(ours.run, torch && ((steps) => torch.times('updates', steps)), schedule);
    await ours.close();
    rows.push({
      case: name,
      ours: time.ours,
      peer: time.peer,
      peerName,
      unit: 'ms',
      ratio: time.peerOverOurs === null ? null : 1 / time.peerOverOurs,
      higherIsBetter: false,
      ...missing,
    });
  }
  await torch?.sampleMatrixSpeed();
  const peak = matrixPeak();
  torch?.stop();
  rows.unshift({
    case: 'matrix product, 1,024',
    ours: peak / 1e9,
    peer: torch === undefined ? null : torch.matrixFlops / 1e9,
    peerName,
    unit: 'GFLOP/s',
    ratio: torch === undefined ? null : peak / torch.matrixFlops,
    higherIsBetter: true,
    ...missing,
  });
  for (const [name, achieved] of flopsPerSecond) {
    rows.push({
      case: `${name}, share of matrix peak`,
      ours: achieved / peak,
      peer: null,
      peerName: `${(peak / 1e9).toFixed(0)} GFLOP/s, the best sample`,
      unit: 'of 1',
      ratio: null,
      higherIsBetter: true,
      reason: 'against the machine',
    });
  }
  return { rows, notes: [`${threads} threads; FP32; median of ${schedule.rounds} interleaved rounds.`] };
};

export default bench;
