import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { systemCaller } from '../../access/caller.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { CallerFiles } from '../../inputs/caller-files.ts';
import { fileToReadSchema } from '../../inputs/file-inputs.ts';
import { deploymentNameSchema, longestName, safeNameFrom } from '../../inputs/names.ts';
import { runJob } from '../../jobs/run-job.ts';
import {
  downloadHubFile,
  findHubFiles,
  type HubReference,
  hubOf,
  parseHubReference,
} from '../../model/hub-download.ts';
import { modelsImport } from '../../operations/models/import.ts';
import type { Operation } from '../../operations/operation.ts';
import { quantize } from '../../operations/quantize.ts';
import { placeDeployment } from '../../registry/remove-model.ts';
import { filesOf } from '../../services/caller-files.ts';
import type { Services } from '../../services/context.ts';
import type { PullProgress } from '../../serving/ollama/ollama-routes.ts';

/**
 * Ollama's pull: finds a model on the hub (`hf.co/owner/name:Q4_K_M`) or on this machine (a GGUF file, a Hugging Face
 * folder), registers it and serves it under the name that was asked for. What is there already is not fetched again.
 */
export async function* pullModel(name: string, services: Services, signal: AbortSignal): AsyncGenerator<PullProgress> {
  const { registry } = services;
  if (registry.deployments().some((deployment) => deployment.name === name)) {
    yield { status: 'up to date' };
    return;
  }
  const local = localPath(name, filesOf({ channel: 'http' }, services));
  if (local !== undefined) {
    const model = modelName(basename(local, '.gguf'), services);
    yield { status: `copying ${local}` };
    yield* register({ model, source: local, deployment: model }, services, signal);
    return;
  }
  const reference = parseHubReference(name);
  if (reference === undefined) {
    throw new FtsError('invalid-input', `${name} is neither a repository of the hub nor a path on this machine.`, {
      field: 'model',
      value: name,
      remedy: 'Pull hf.co/OWNER/NAME:QUANTIZATION, a .gguf file or a model folder; Ollama’s own library is not read.',
    });
  }
  parseWith(deploymentNameSchema, name, 'the name of the model');
  yield* pullFromHub(name, reference, services, signal);
}

async function* pullFromHub(
  name: string,
  reference: HubReference,
  services: Services,
  signal: AbortSignal,
): AsyncGenerator<PullProgress> {
  const hub = hubOf(services.environment);
  const { repository, wanted } = reference;
  yield { status: 'pulling manifest' };
  const files = await findHubFiles(hub, reference, signal);
  const folder = join(services.home.cache, 'hub', repository.replace('/', '--'));
  const isGguf = files.length === 1 && files[0]!.path.toLowerCase().endsWith('.gguf');
  for (const file of files) {
    const digest = `sha256:${file.sha256 ?? file.path}`;
    const status = `pulling ${(file.sha256 ?? file.path).slice(0, 12)}`;
    const target = join(folder, basename(file.path));
    if (existsSync(target)) continue;
    for await (const completed of downloadHubFile(hub, repository, file, target, signal)) {
      yield { status, digest, total: file.bytes, completed };
    }
  }
  yield { status: 'writing manifest' };
  const model = modelName([basename(repository), ...(wanted === undefined ? [] : [wanted])].join('-'), services);
  const source = isGguf ? join(folder, basename(files[0]!.path)) : folder;
  yield* register({ model, source, deployment: name }, services, signal);
  await rm(folder, { recursive: true, force: true });
}

async function* register(
  { model, source, deployment }: { model: string; source: string; deployment: string },
  services: Services,
  signal: AbortSignal,
): AsyncGenerator<PullProgress> {
  const { registry } = services;
  await runHere(modelsImport, { source, name: model }, services, signal);
  if (registry.artifacts(model).length === 0) {
    yield { status: 'converting to GGUF, 8 bits' };
    await runHere(quantize, { model, formats: ['q8_0'] }, services, signal);
  }
  const [artifact] = registry.artifacts(model);
  placeDeployment(
    registry,
    { name: deployment, artifact: artifact!.id, target: 'local', settings: {} },
    { replace: false },
  );
  yield { status: `serving as ${deployment}` };
}

/** Runs an operation as a job of this process, which reserves the names that it writes. */
async function runHere(operation: Operation, input: object, services: Services, signal: AbortSignal): Promise<void> {
  const parsed = parseWith(operation.input, input, `the input of ${operation.name}`);
  const writes = operation.writes?.(parsed) ?? [];
  const taken = services.jobs.submit(operation.name, parsed, { writes, here: true });
  const job = await runJob(
    services.jobs,
    taken,
    (_, work) =>
      operation.run(parsed, {
        ...services,
        ...work,
        caller: systemCaller,
        // The paths are the program's own by now: what the caller named was looked at first.
        files: filesOf({ channel: 'terminal' }, services),
        askPerson: undefined,
        terminal: undefined,
        jobId: taken.id,
      }),
    { stop: signal },
  );
  if (job.state !== 'succeeded') throw new FtsError('cancelled', job.error?.message ?? `Job ${job.id} ${job.state}.`);
}

/** The path that a name stands for, where it looks like one or is that of a GGUF file which the caller may use. */
function localPath(name: string, files: CallerFiles): string | undefined {
  const given = parseWith(fileToReadSchema, name.replace(/^~(?=\/)/, homedir()), 'the name of the model');
  if (/^[./~]/.test(name)) return files.read('model', given);
  return name.endsWith('.gguf') ? files.find(given) : undefined;
}

/** A name that the registry accepts and that no model has yet. */
function modelName(wanted: string, { registry }: Services): string {
  const plain = safeNameFrom(wanted.toLowerCase());
  const taken = new Set(registry.models().map((model) => model.name));
  if (!taken.has(plain)) return plain;
  const stem = plain.slice(0, longestName - 6);
  for (let number = 2; ; number++) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
}
