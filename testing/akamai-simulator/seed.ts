import type { Network, SimulatedProperty } from './papi.ts';
import type { Simulator } from './simulator.ts';

/** A rule tree with a default rule and one child, as small as they come. */
function smallRules(ttl = '1d'): Record<string, unknown> {
  return {
    name: 'default',
    criteria: [],
    behaviors: [
      { name: 'origin', options: { hostname: 'origin.example.com' } },
      { name: 'cpCode', options: { value: { id: 12345 } } },
    ],
    children: [
      {
        name: 'Static objects',
        criteria: [{ name: 'fileExtension', options: { matchOperator: 'IS_ONE_OF', values: ['css', 'js', 'png'] } }],
        criteriaMustSatisfy: 'all',
        behaviors: [{ name: 'caching', options: { behavior: 'MAX_AGE', ttl } }],
        children: [],
      },
    ],
  };
}

/** Adds a property with `versions` versions, of which some are active. */
export function seedProperty(
  simulator: Simulator,
  name: string,
  options: {
    group?: string;
    contract?: string;
    versions?: number;
    hostnames?: string[];
    active?: Partial<Record<Network, number>>;
  } = {},
): SimulatedProperty {
  const groupId = options.group ?? 'grp_1';
  const contractId = options.contract ?? 'ctr_C-1';
  if (!simulator.papi.groups.some((group) => group.groupId === groupId)) {
    simulator.papi.groups.push({ groupId, groupName: `Group ${groupId.slice(4)}`, contractIds: [contractId] });
  }
  const hostnames = (options.hostnames ?? [`www.${name}`]).map((cnameFrom) => ({
    cnameFrom,
    cnameTo: `${cnameFrom}.edgesuite.net`,
  }));
  const property: SimulatedProperty = {
    id: `prp_${simulator.papi.properties.length + 1}`,
    name,
    contractId,
    groupId,
    versions: Array.from({ length: options.versions ?? 1 }, (_, index) => ({
      version: index + 1,
      rules: smallRules(`${index + 1}d`),
      hostnames,
      note: '',
    })),
    activations: [],
    active: { ...options.active },
    warnings: [],
  };
  simulator.papi.properties.push(property);
  return property;
}
