import { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import { mapConcurrently } from '../../runtime/map-concurrently.ts';
import type { Reader } from '../changes/change-kind.ts';

const pageSize = 500;
const pageSchema = z.looseObject({ data: z.array(z.unknown()), pages: z.number().int() });

/** Every page of one of Akamai Cloud's lists. */
async function readAllPages<Item>(reader: Reader, path: string, item: z.ZodType<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 1, pages = 1; page <= pages; page++) {
    const { body } = await reader.get(path, { query: { page, page_size: pageSize } });
    const answer = parseWith(pageSchema, body, path);
    pages = answer.pages;
    items.push(...parseWith(z.array(item), answer.data, path));
  }
  return items;
}

const instanceSchema = z.looseObject({
  id: z.number().int(),
  label: z.string(),
  status: z.string(),
  type: z.string().nullable(),
  region: z.string(),
  ipv4: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  lke_cluster_id: z.number().int().nullish(),
});

export async function listInstances(reader: Reader) {
  const instances = await readAllPages(reader, '/v4/linode/instances', instanceSchema);
  return instances.map(({ id, label, status, type, region, ipv4, tags, lke_cluster_id }) => ({
    id,
    label,
    status,
    type,
    region,
    ipv4,
    tags,
    clusterId: lke_cluster_id ?? null,
  }));
}

const priceSchema = z.looseObject({ hourly: z.number().nullable(), monthly: z.number().nullable() });
const typeSchema = z.looseObject({
  id: z.string(),
  label: z.string(),
  class: z.string(),
  gpus: z.number().int(),
  vcpus: z.number().int(),
  memory: z.number(),
  disk: z.number(),
  price: priceSchema,
  region_prices: z.array(priceSchema.extend({ id: z.string() })).default([]),
});
const availabilitySchema = z.looseObject({ region: z.string(), plan: z.string(), available: z.boolean() });

/** Plans with prices in US dollars, cheapest first; for plans with GPUs also where they can be had. */
export async function listPlans(reader: Reader, filter: { gpusOnly: boolean; region?: string | undefined }) {
  const types = await readAllPages(reader, '/v4/linode/types', typeSchema);
  const wanted = types.filter((type) => !filter.gpusOnly || type.gpus > 0);
  const availability = wanted.some((type) => type.gpus > 0)
    ? await readAllPages(reader, '/v4/regions/availability', availabilitySchema)
    : [];
  return wanted
    .map((type) => {
      const here = type.region_prices.find((price) => price.id === filter.region) ?? type.price;
      const regions = availability.filter((one) => one.plan === type.id && one.available).map((one) => one.region);
      return {
        id: type.id,
        label: type.label,
        class: type.class,
        gpus: type.gpus,
        vcpus: type.vcpus,
        memoryMegabytes: type.memory,
        diskMegabytes: type.disk,
        hourlyDollars: here.hourly,
        monthlyDollars: here.monthly,
        ...(type.gpus > 0 ? { regions } : {}),
      };
    })
    .filter((plan) => filter.region === undefined || plan.regions === undefined || plan.regions.includes(filter.region))
    .sort((left, right) => (left.hourlyDollars ?? 0) - (right.hourlyDollars ?? 0));
}

const clusterSchema = z.looseObject({
  id: z.number().int(),
  label: z.string(),
  region: z.string(),
  k8s_version: z.string(),
  status: z.string().nullish(),
});
const poolSchema = z.looseObject({
  id: z.number().int(),
  type: z.string(),
  count: z.number().int(),
  nodes: z.array(z.looseObject({ status: z.string().nullish() })).default([]),
});

/** Kubernetes clusters with their node pools. */
export async function listClusters(reader: Reader) {
  const clusters = await readAllPages(reader, '/v4/lke/clusters', clusterSchema);
  return mapConcurrently(clusters, 4, async ({ id, label, region, k8s_version }) => {
    const pools = await readAllPages(reader, `/v4/lke/clusters/${id}/pools`, poolSchema);
    return {
      id,
      label,
      region,
      kubernetesVersion: k8s_version,
      pools: pools.map((pool) => ({
        id: pool.id,
        type: pool.type,
        count: pool.count,
        ready: pool.nodes.filter((node) => node.status === 'ready').length,
      })),
    };
  });
}
