import { removeDeployment, removeModel } from '../../registry/remove-model.ts';
import type { Services } from '../../services/context.ts';
import type { ModelStore } from '../../serving/ollama/ollama-routes.ts';
import { pullModel } from './pull-model.ts';

/** What Ollama's pull and delete routes do to the registry. */
export function modelStore(services: Services): ModelStore {
  const { registry, jobs } = services;
  return {
    pull: (name, signal) => pullModel(name, services, signal),
    // Ollama has one model a name: what is served under another name as well stays.
    remove: async (name) => {
      const { model } = registry.artifact(registry.deployment(name).artifact);
      jobs.refuseModelInUse(model);
      removeDeployment(registry, name);
      const isServed = registry.deploymentsOf(registry.artifacts(model)).length > 0;
      const isThere = registry.models().some((one) => one.name === model);
      if (isThere && !isServed) removeModel(registry, jobs, model, { force: false });
    },
  };
}
