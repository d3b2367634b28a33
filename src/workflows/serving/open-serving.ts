import { createHash } from 'node:crypto';
import type { TextCodec } from '../../model/text-codec.ts';
import { operatorTextCodec } from '../../operator/slot-codec.ts';
import type { Artifact, Deployment, Model } from '../../registry/registry-records.ts';
import { openLogger } from '../../runtime/logger.ts';
import type { Services } from '../../services/context.ts';
import { ServingTelemetry } from '../../serving/metrics/serving-telemetry.ts';
import { type ModelListing, ModelPool } from '../../serving/pool/model-pool.ts';

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
    logger: openLogger(values['log.level']),
  });
  const cells = values['serve.context-tokens'];
  const kvLayout = values['serve.kv-layout'];
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
        revision: revisionOf(artifact),
        settings: {
          threads: values.threads,
          maxRunning: values['serve.max-running'],
          prefillChunkTokens: values['serve.chunk-tokens'],
          streamIntervalMs: values['serve.stream-interval-ms'],
          kvCacheType: values['serve.cache-type'],
          speculation: values['serve.speculation'],
          ...(cells === undefined ? {} : { contextTokens: cells }),
          ...(kvLayout === 'auto' ? {} : { kvLayout }),
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

/** Changes when another file is served under the same id. */
function revisionOf(artifact: Artifact): string {
  return `${artifact.id} ${artifact.createdAt}`;
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
    // Of the revision, not of the bytes: clients compare it, and show its first twelve characters.
    digest: createHash('sha256').update(revisionOf(artifact)).digest('hex'),
    family,
    parameterSize: parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toFixed(1)}M`,
    quantization: artifact.format.toUpperCase(),
  };
}
