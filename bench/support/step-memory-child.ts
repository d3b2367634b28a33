// Two training steps in a process of its own; prints by how many bytes they raised the most memory that it ever held.
import type { ModelConfig } from '../../src/model/model-config.ts';
import { Graph } from '../../src/tensor/graph.ts';
import { add } from '../../src/tensor/primitives/elementwise.ts';
import { Program } from '../../src/tensor/program.ts';
import { trainingSteps } from './training-steps.ts';

interface Request {
  config: ModelConfig;
  batch: number;
  length: number;
  recomputeActivations?: boolean;
}

const { config, batch, length, recomputeActivations = false } = JSON.parse(process.argv[2]!) as Request;
loadRuntime();
const before = process.resourceUsage().maxRSS;
const steps = await trainingSteps(config, { batch, length }, { recomputeActivations });
await steps.run(2);
process.stdout.write(`${(process.resourceUsage().maxRSS - before) * 1024}\n`);
process.exit(0);

/** What the library itself takes is no part of a step. */
function loadRuntime(): void {
  const graph = new Graph();
  const x = graph.input('x', [1]);
  graph.output('y', add(x, x));
  new Program(graph).close();
}
