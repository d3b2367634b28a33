// The layers of docs/architecture.md, from the top down: a folder may import from its own layer's
// own folder and from any layer below, never from a layer above or from a sibling.
const layers = [
  ['cli', 'mcp', 'http', 'console', 'assistant'],
  ['operations'],
  ['workflows'],
  ['services'],
  ['jobs', 'registry'],
  ['planning', 'training', 'quantization', 'serving', 'benchmarking', 'deployment', 'akamai', 'reference'],
  ['operator'],
  ['model'],
  ['constraint'],
  ['tensor'],
  ['approval', 'backup'],
  ['audit', 'access', 'inputs'],
  ['runtime', 'store', 'errors', 'config', 'scheduling', 'text', 'random', 'statistics', 'drawing'],
];
const domains = layers.find((layer) => layer.includes('planning'));
const paths = (folders) => `^src/(${folders.join('|')})/`;

const upward = layers.slice(1).map((layer, index) => ({
  name: `no-import-upwards-from-${layer[0]}`,
  comment: 'Imports go down only (docs/architecture.md, "Layers").',
  severity: 'error',
  from: { path: paths(layer) },
  to: { path: paths(layers.slice(0, index + 1).flat()) },
}));

// The top layer is exempt among itself: the CLI starts the HTTP server, which mounts MCP and the console.
const sideways = domains.map((domain) => ({
  name: `domain-${domain}-stands-alone`,
  comment: 'Domains do not import each other; operations join them.',
  severity: 'error',
  from: { path: `^src/${domain}/` },
  to: { path: paths(domains.filter((other) => other !== domain)) },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...sideways,
    {
      name: 'every-folder-has-a-layer',
      comment: 'A new folder of src gets its place in `layers` above.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: paths(layers.flat()) },
    },
    {
      name: 'browser-takes-types-only',
      comment:
        'What runs in the browser knows the server by its types; its code would come along otherwise. Only pure text code is shared.',
      severity: 'error',
      from: { path: '^src/console/app/' },
      to: { path: '^src/', pathNot: '^src/(console/app|text)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'constraint-runs-anywhere',
      comment:
        'The constraint engine also runs at the edge and in a browser: no Node, no packages, only the error type.',
      severity: 'error',
      from: { path: '^src/constraint/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/(constraint|errors)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      // The shapes of a schema and the states that they need refer to each other by types; one idea in several files.
      to: { circular: true, viaOnly: { pathNot: '^src/constraint/json-schema/' } },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
