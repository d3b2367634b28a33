import { rm } from 'node:fs/promises';
import { destination, pino } from 'pino';
import type { Artifact, Deployment, Model } from '../jobs/registry.ts';
import { operatorTextCodec } from '../model/operator/slot-codec.ts';
import type { TextCodec } from '../model/text-codec.ts';
import { ServingTelemetry } from '../serving/metrics/serving-telemetry.ts';
import type { ModelStore } from '../serving/ollama/ollama-routes.ts';
import { type ModelListing, ModelPool } from '../serving/pool/model-pool.ts';
import type { Services } from './context.ts';

/** What the model APIs of one server stand on. */
export interface Serving {
  pool: ModelPool;
  telemetry: ServingTelemetry;
}

/** The pool that serves what the registry says is deployed; a new deployment is found at its first request. */
export function openServing({ registry, config }: Services): Serving {
  const { values } = config;
  const telemetry = new ServingTelemetry({
    prefix: values['metrics.prefix'],
    logger: pino({ level: values['log.level'] }, destination(2)),
  });
  const cells = values['serve.context-tokens'];
  const memoryBudgetBytes = values['serve.memory-bytes'];
  const pool = new ModelPool({
    observer: telemetry,
    maxQueued: values['serve.max-queued'],
    keepAliveSeconds: values['serve.keep-alive-seconds'],
    ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
    resolve: async (name) => {
      const deployment = registry.deployment(name);
      const artifact = registry.artifact(deployment.artifact);
      const textCodec = textCodecOf(registry.model(artifact.model), registry);
      return {
        name: deployment.name,
        ggufPath: artifact.path,
        revision: `${artifact.id} ${artifact.createdAt}`,
        settings: {
          threads: values.threads,
          maxRunning: values['serve.max-running'],
          prefillChunkTokens: values['serve.chunk-tokens'],
          kvCacheType: values['serve.cache-type'],
          speculation: values['serve.speculation'],
          ...(cells === undefined ? {} : { contextTokens: cells }),
        },
        ...(textCodec === undefined ? {} : { textCodec }),
      };
    },
    list: async () =>
      registry
        .deployments()
        .map((deployment) => listingOf(deployment, registry.artifact(deployment.artifact), registry)),
  });
  return { pool, telemetry };
}

/** What Ollama's delete route does to the registry. */
export function modelStore({ registry }: Services): ModelStore {
  return {
    remove: async (name) => {
      const { model } = registry.artifact(registry.deployment(name).artifact);
      const { directory } = registry.model(model);
      registry.removeModel(model);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Models of the operator recipe read slots instead of values. */
export function textCodecOf(model: Model, registry: Services['registry']): TextCodec | undefined {
  return model.run !== null && registry.run(model.run).kind === 'operator' ? operatorTextCodec : undefined;
}

function listingOf(deployment: Deployment, artifact: Artifact, registry: Services['registry']): ModelListing {
  const { family, parameters } = registry.model(artifact.model);
  return {
    name: deployment.name,
    modifiedAt: new Date(deployment.createdAt),
    sizeBytes: artifact.bytes,
    family,
    parameterSize: parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toFixed(1)}M`,
    quantization: artifact.format.toUpperCase(),
  };
}
