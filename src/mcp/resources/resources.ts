import { join } from 'node:path';
import { callOperation } from '../../operations/call-operation.ts';
import { findOperation } from '../../operations/find-operation.ts';
import { loadMachines } from '../../planning/machines/machine-catalogue.ts';
import { findPage, pages } from '../../reference/page-index.ts';
import { renderPage } from '../../reference/render-page.ts';
import type { Services } from '../../services/context.ts';
import { visibleJson } from '../../text/visible-text.ts';
import { readMetrics, thinMetrics } from '../../training/report/metrics-log.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { exportResources } from '../export-resources.ts';
import type { Resource, ResourceCall, ResourceContent, ResourceFamily } from './resource.ts';

const json = 'application/json';
/** A view reads them again every two seconds, and no curve shows more. */
const metricsLines = 2000;

/** What an assistant may read without calling a tool, at fixed addresses. */
export function ftsResources(services: Services): Resource[] {
  const read = (operation: string, input: Record<string, unknown> = {}) => fromOperation(services, operation, input);
  return [
    {
      uri: 'fts://models',
      name: 'models',
      title: 'Models',
      description: 'Every model with its artifacts',
      mimeType: json,
      scope: 'read',
      read: read('models.list'),
    },
    {
      uri: 'fts://runs',
      name: 'runs',
      title: 'Training runs',
      description: 'Every training run with its final losses',
      mimeType: json,
      scope: 'read',
      read: read('runs.list'),
    },
    {
      uri: 'fts://jobs',
      name: 'jobs',
      title: 'Jobs',
      description: 'The latest long-running work with its progress',
      mimeType: json,
      scope: 'read',
      read: read('jobs.list', { limit: 50 }),
    },
    {
      uri: 'fts://deployments',
      name: 'deployments',
      title: 'Deployments',
      description: 'What is served under which name',
      mimeType: json,
      scope: 'read',
      read: async () => asJson({ deployments: services.registry.deployments() }),
    },
    {
      uri: 'fts://plans',
      name: 'plans',
      title: 'Change plans',
      description: 'Changes of Akamai that were planned: what waits for a person, what was applied',
      mimeType: json,
      scope: 'read',
      read: read('akamai.plans.list', { limit: 50 }),
    },
    {
      uri: 'fts://audit',
      name: 'audit',
      title: 'Audit log',
      description: 'The latest rows of who did what',
      mimeType: json,
      scope: 'read',
      read: read('audit.list', { limit: 100 }),
    },
    {
      uri: 'fts://hardware',
      name: 'hardware',
      title: 'Hardware catalogue',
      description: 'Machines that plans are made for: memory, bandwidth, compute, price',
      mimeType: json,
      scope: 'read',
      read: async () => asJson({ machines: [...(await loadMachines(services.home.root)).values()] }),
    },
    {
      uri: 'fts://reference',
      name: 'reference',
      title: 'Reference',
      description: 'The pages of the reference, with a summary of each',
      mimeType: json,
      scope: 'read',
      read: read('reference'),
    },
  ];
}

/** The same, one by one. */
export function ftsFamilies(services: Services): ResourceFamily[] {
  const { jobs, registry } = services;
  const read =
    (operation: string) =>
    (variables: Record<string, string>, call: ResourceCall): Promise<ResourceContent> =>
      fromOperation(services, operation, variables)(call);
  const modelNames = (): string[] => registry.models().map(({ name }) => name);
  const runIds = (): string[] => registry.runs().map(({ id }) => id);
  return [
    exportResources(services),
    {
      uriTemplate: 'fts://models/{name}',
      name: 'model',
      title: 'Model',
      description: 'One model: files, parent, artifacts and every figure measured on them',
      mimeType: json,
      scope: 'read',
      read: read('models.show'),
      list: () => modelNames().map((name) => ({ uri: `fts://models/${encodeURIComponent(name)}`, name })),
      complete: { name: modelNames },
    },
    {
      uriTemplate: 'fts://runs/{id}',
      name: 'run',
      title: 'Training run',
      description: 'One training run: settings and final figures',
      mimeType: json,
      scope: 'read',
      read: async ({ id }) => asJson(registry.run(id!)),
      list: () =>
        registry.runs().map(({ id, model }) => ({ uri: `fts://runs/${id}`, name: id, title: `Run of ${model}` })),
      complete: { id: runIds },
    },
    {
      uriTemplate: 'fts://runs/{id}/metrics',
      name: 'run-metrics',
      title: 'Metrics of a run',
      description: 'One line of JSON per measured step of a training run, at most 2,000; subscribe to follow it live',
      mimeType: 'application/jsonl',
      scope: 'read',
      read: async ({ id }) => {
        const lines = await readMetrics(join(registry.run(id!).directory, 'metrics.jsonl'));
        return {
          text: thinMetrics(lines, metricsLines)
            .map((line) => `${visibleJson(line)}\n`)
            .join(''),
        };
      },
      complete: { id: runIds },
    },
    {
      uriTemplate: 'fts://jobs/{id}',
      name: 'job',
      title: 'Job',
      description: 'One job: state, progress, result or error; subscribe to follow it live',
      mimeType: json,
      scope: 'read',
      read: read('jobs.show'),
      complete: { id: () => jobs.list({ limit: 100 }).map(({ id }) => id) },
    },
    {
      uriTemplate: 'fts://plans/{planId}',
      name: 'plan',
      title: 'Change plan',
      description: 'One change plan: what it would change, its approval and its outcome',
      mimeType: json,
      scope: 'read',
      read: read('akamai.plans.show'),
      complete: { planId: () => recentPlans(services) },
    },
    {
      uriTemplate: 'fts://reference/{name}',
      name: 'reference-page',
      title: 'Reference page',
      description: 'One page on inference, training, quantization, sizes, metrics or the edge; its figures are checked',
      mimeType: 'text/markdown',
      scope: 'read',
      read: async ({ name }) => ({ text: renderPage(findPage(name!)) }),
      list: () => pages.map(({ name, title }) => ({ uri: `fts://reference/${name}`, name, title })),
      complete: { name: () => pages.map(({ name }) => name) },
    },
  ];
}

function fromOperation(
  services: Services,
  operation: string,
  input: Record<string, unknown>,
): (call: ResourceCall) => Promise<ResourceContent> {
  return async ({ caller, context }) =>
    asJson(
      await callOperation(findOperation(operation), input, services, {
        report: () => {},
        signal: context.mcpReq.signal,
        caller,
      }),
    );
}

const asJson = (value: unknown): ResourceContent => ({ text: visibleJson(value) });

function recentPlans(services: Services): string[] {
  return akamaiOf(services)
    .plans.list({ limit: 100 })
    .map(({ id }) => id);
}
