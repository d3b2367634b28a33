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
    operations: ['plan', 'train', 'deploy', 'models.list', 'models.show', 'runs.list', 'runs.show'],
  },
  jobs: {
    about: 'Follow, cancel and resume long-running work',
    byDefault: true,
    operations: ['jobs.list', 'jobs.show', 'jobs.cancel', 'jobs.resume'],
  },
  akamai: {
    about: 'Find and read anything on Akamai; plan changes that a person approves',
    byDefault: true,
    operations: ['akamai.search', 'akamai.describe', 'akamai.read', 'akamai.whoami'],
  },
  capacity: {
    about: 'Size a fleet for a load',
    byDefault: false,
    operations: ['plan.capacity'],
  },
  admin: {
    about: 'Housekeeping: configuration, health, removing models',
    byDefault: false,
    operations: ['config', 'doctor', 'models.remove'],
  },
} as const satisfies Record<string, Toolset>;

export type ToolsetName = keyof typeof toolsets;
export const toolsetNames = Object.keys(toolsets) as ToolsetName[];

/** What one conversation may cost before it has begun: a test holds the default listing to both. */
export const listingBudget = { tools: 24, tokens: 8000 };
