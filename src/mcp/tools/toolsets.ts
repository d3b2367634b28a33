/**
 * Which operations are tools, and which of them a client sees without asking. An assistant pays for every listed tool
 * in each conversation, so the default holds what most work needs; `--toolsets` adds the rest.
 */
export interface Toolset {
  /** For `fts mcp --help` and the documentation. */
  about: string;
  /** Listed unless the operator chooses otherwise. */
  byDefault: boolean;
  /** Names of operations, in the order in which the tools are listed. */
  operations: readonly string[];
}

export const toolsets = {
  life: {
    about: 'Take a model through its life: plan, train, quantize, evaluate, deploy, benchmark',
    byDefault: true,
    operations: [
      'plan',
      'train',
      'quantize',
      'evaluate',
      'deploy',
      'benchmark',
      'models.list',
      'models.show',
      'models.ask',
    ],
  },
  jobs: {
    about: 'Follow, cancel and resume long-running work',
    byDefault: true,
    operations: ['jobs.list', 'jobs.show', 'jobs.cancel', 'jobs.resume'],
  },
  akamai: {
    about: 'Find and read anything on Akamai; plan any change, which a person approves',
    byDefault: true,
    operations: [
      'akamai.search',
      'akamai.describe',
      'akamai.read',
      'akamai.script',
      'akamai.plan',
      'akamai.purge',
      'akamai.plans.show',
      'akamai.apply',
    ],
  },
  akamai_delivery: {
    about: 'Properties, certificates, URLs and edge errors: who serves what, what differs, activate or roll back',
    byDefault: false,
    operations: [
      'akamai.property.find',
      'akamai.property.show',
      'akamai.property.compare',
      'akamai.property.change',
      'akamai.property.watch',
      'akamai.rollback',
      'akamai.certificates',
      'akamai.url',
      'akamai.explain',
    ],
  },
  akamai_compute: {
    about: 'EdgeWorkers, EdgeKV, DNS, Akamai Cloud',
    byDefault: false,
    operations: [
      'akamai.edgeworker',
      'akamai.edgeworker.change',
      'akamai.edgekv',
      'akamai.edgekv.change',
      'akamai.dns',
      'akamai.dns.change',
      'akamai.cloud',
    ],
  },
  records: {
    about: 'What was planned and done, by whom, and proof that the record is whole',
    byDefault: false,
    operations: [
      'akamai.whoami',
      'akamai.plans.list',
      'akamai.plans.differences',
      'akamai.plans.proof',
      'audit.list',
      'audit.verify',
      'approvers.list',
      'runs.show',
      'runs.list',
      'runs.compare',
    ],
  },
  admin: {
    about: 'Sizing fleets, checking the reference, configuration, health, importing, merging and removing models',
    byDefault: false,
    operations: [
      'reference',
      'plan.capacity',
      'plan.cost',
      'reference.verify',
      'akamai.sync',
      'config',
      'doctor',
      'models.import',
      'models.merge',
      'models.remove',
      'deployments.remove',
    ],
  },
} as const satisfies Record<string, Toolset>;

export type ToolsetName = keyof typeof toolsets;
export const toolsetNames = Object.keys(toolsets) as ToolsetName[];

/** What one conversation may cost before it has begun: a test holds the default listing to both. */
export const listingBudget = { tools: 24, tokens: 8000 };
