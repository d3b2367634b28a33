import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseJsonWith, parseWith } from '../errors/parse-with.ts';
import { type Machine, machineSchema, type Price, type Source } from './machine.ts';

const GB = 1e9;
const GiB = 2 ** 30;
const T = 1e12;

const dataSheet = (what: string, date: string, url: string): Source => ({
  text: `NVIDIA data sheet: ${what}`,
  url,
  date,
  verified: false,
});

/** Read by others from Akamai's public price list (`/v4/linode/types`); the list itself could not be opened from here. */
const linodeTypes = (date: string): Source => ({
  text: 'Akamai Cloud plan list (linode/types), as reported by a third party',
  url: 'https://api.linode.com/v4/linode/types',
  date,
  verified: false,
});

const rent = (usd: number, source: Source): Price => ({ kind: 'rent', usd, source });
const buy = (usd: number, text: string, date: string): Price => ({
  kind: 'buy',
  usd,
  source: { text, date, verified: false },
});

const marketRent = (usd: number): Price =>
  rent(usd, {
    text: 'typical on-demand list price of GPU clouds (RunPod, Lambda, Akash), third-party overview',
    date: '2026-09-25',
    verified: false,
  });

const h100 = {
  kind: 'gpu' as const,
  memoryBytes: 80 * GB,
  bandwidthBytesPerSecond: 3.35e12,
  flops: { fp32: 67 * T, tf32: 495 * T, bf16: 989 * T, fp16: 989 * T, fp8: 1979 * T, int8: 1979 * T },
  linkBytesPerSecond: 900 * GB,
  powerWatts: 700,
  source: dataSheet('H100 SXM (dense rates)', '2023-06-01', 'https://www.nvidia.com/en-us/data-center/h100/'),
};

const rtx4000Ada = {
  kind: 'gpu' as const,
  memoryBytes: 20 * GB,
  bandwidthBytesPerSecond: 360 * GB,
  flops: { fp32: 26.7 * T, bf16: 107 * T, fp16: 107 * T, fp8: 213.8 * T, int8: 213.8 * T },
  powerWatts: 130,
  source: dataSheet(
    'RTX 4000 Ada Generation (half of the sparse rates)',
    '2023-08-01',
    'https://www.nvidia.com/en-us/design-visualization/rtx-4000/',
  ),
};

const rtxPro6000 = {
  kind: 'gpu' as const,
  memoryBytes: 96 * GB,
  bandwidthBytesPerSecond: 1597 * GB,
  flops: { fp32: 120 * T, bf16: 500 * T, fp16: 500 * T, fp8: 1000 * T, int8: 1000 * T },
  powerWatts: 600,
  source: dataSheet(
    'RTX PRO 6000 Blackwell Server Edition (dense, rounded)',
    '2025-05-01',
    'https://www.nvidia.com/en-us/data-center/rtx-pro-6000-blackwell-server-edition/',
  ),
};

/** A shared host's memory channels divide among its tenants: 8 GB/s for each virtual CPU is an assumption. */
const akamaiCpu = (id: string, name: string, vcpus: number, gib: number, price: Price) => ({
  id,
  name,
  kind: 'cpu' as const,
  memoryBytes: gib * GiB,
  bandwidthBytesPerSecond: Math.min(vcpus * 8, 100) * GB,
  flops: { fp32: vcpus * 0.06 * T, int8: vcpus * 0.12 * T },
  prices: [price],
  source: {
    text: 'vCPUs and memory from the plan list; bandwidth and rates assumed: 8 GB/s and 60 FP32 GFLOP/s per vCPU',
    date: '2026-09-17',
    verified: false,
  },
});

const apple = (text: string): Source => ({
  text,
  url: 'https://www.apple.com/newsroom/2024/10/apple-introduces-m4-pro-and-m4-max/',
  date: '2024-10-30',
  verified: false,
});

const entries: readonly z.input<typeof machineSchema>[] = [
  { id: 'h100', name: 'NVIDIA H100 SXM 80 GB', ...h100, prices: [marketRent(2.99)] },
  { id: 'h100x8', name: '8 × NVIDIA H100 SXM 80 GB (HGX)', ...h100, devices: 8, prices: [marketRent(23.92)] },
  {
    id: 'h200',
    name: 'NVIDIA H200 SXM 141 GB',
    ...h100,
    memoryBytes: 141 * GB,
    bandwidthBytesPerSecond: 4.8e12,
    prices: [marketRent(3.99)],
    source: dataSheet('H200 SXM (dense rates)', '2024-11-01', 'https://www.nvidia.com/en-us/data-center/h200/'),
  },
  {
    id: 'a100',
    name: 'NVIDIA A100 SXM 80 GB',
    kind: 'gpu',
    memoryBytes: 80 * GB,
    bandwidthBytesPerSecond: 2.039e12,
    flops: { fp32: 19.5 * T, tf32: 156 * T, bf16: 312 * T, fp16: 312 * T, int8: 624 * T },
    linkBytesPerSecond: 600 * GB,
    powerWatts: 400,
    prices: [marketRent(1.71)],
    source: dataSheet('A100 80 GB SXM', '2021-06-01', 'https://www.nvidia.com/en-us/data-center/a100/'),
  },
  {
    id: 'l40s',
    name: 'NVIDIA L40S 48 GB',
    kind: 'gpu',
    memoryBytes: 48 * GB,
    bandwidthBytesPerSecond: 864 * GB,
    flops: { fp32: 91.6 * T, tf32: 183 * T, bf16: 362 * T, fp16: 362 * T, fp8: 733 * T, int8: 733 * T },
    powerWatts: 350,
    prices: [marketRent(0.99)],
    source: dataSheet('L40S (dense rates)', '2023-08-01', 'https://www.nvidia.com/en-us/data-center/l40s/'),
  },
  {
    id: 'l4',
    name: 'NVIDIA L4 24 GB',
    kind: 'gpu',
    memoryBytes: 24 * GB,
    bandwidthBytesPerSecond: 300 * GB,
    flops: { fp32: 30.3 * T, tf32: 60 * T, bf16: 121 * T, fp16: 121 * T, fp8: 242 * T, int8: 242 * T },
    powerWatts: 72,
    prices: [marketRent(0.68)],
    source: dataSheet('L4 (dense rates)', '2023-03-01', 'https://www.nvidia.com/en-us/data-center/l4/'),
  },
  {
    id: 'rtx-pro-6000',
    name: 'NVIDIA RTX PRO 6000 Blackwell 96 GB (card, without its host)',
    ...rtxPro6000,
    prices: [buy(8500, 'typical retail price', '2026-09-25')],
  },
  {
    id: 'rtx-4000-ada',
    name: 'NVIDIA RTX 4000 Ada 20 GB (card, without its host)',
    ...rtx4000Ada,
    prices: [buy(1250, 'list price at launch', '2023-08-09')],
  },
  {
    id: 'akamai-rtx4000-ada-x1-small',
    name: 'Akamai Cloud GPU: 1 × RTX 4000 Ada (g2-gpu-rtx4000a1-s, 4 vCPU, 16 GB)',
    ...rtx4000Ada,
    prices: [rent(0.52, linodeTypes('2026-06-05'))],
  },
  {
    id: 'akamai-rtx4000-ada-x2-small',
    name: 'Akamai Cloud GPU: 2 × RTX 4000 Ada (g2-gpu-rtx4000a2-s, 8 vCPU, 32 GB)',
    ...rtx4000Ada,
    devices: 2,
    prices: [rent(1.05, linodeTypes('2026-06-05'))],
  },
  {
    id: 'akamai-rtx4000-ada-x4-small',
    name: 'Akamai Cloud GPU: 4 × RTX 4000 Ada (g2-gpu-rtx4000a4-s, 32 vCPU, 128 GB)',
    ...rtx4000Ada,
    devices: 4,
    prices: [rent(2.96, linodeTypes('2026-06-05'))],
  },
  {
    id: 'akamai-rtx-pro-6000-x1',
    name: 'Akamai Cloud GPU: 1 × RTX PRO 6000 Blackwell (g3-gpu-rtxpro6000-blackwell-1, 16 vCPU, 172 GB)',
    ...rtxPro6000,
    prices: [
      rent(3.0, {
        ...linodeTypes('2026-09-30'),
        text: 'listed to one account, reported by a third party (2.50 was advertised on 2026-06-05); limited availability',
      }),
    ],
  },
  akamaiCpu(
    'akamai-dedicated-4gb',
    'Akamai Cloud Dedicated 4 GB (2 vCPU)',
    2,
    4,
    rent(0.054, linodeTypes('2026-09-17')),
  ),
  akamaiCpu(
    'akamai-dedicated-32gb',
    'Akamai Cloud Dedicated 32 GB (16 vCPU)',
    16,
    32,
    rent(0.432, linodeTypes('2026-09-17')),
  ),
  akamaiCpu(
    'akamai-premium-256gb',
    'Akamai Cloud Premium 256 GB (56 vCPU)',
    56,
    256,
    rent(4.1475, linodeTypes('2026-09-17')),
  ),
  {
    id: 'mac-mini-m4',
    name: 'Mac mini M4 (16 GB)',
    kind: 'apple',
    memoryBytes: 16 * GiB,
    bandwidthBytesPerSecond: 120 * GB,
    flops: { fp32: 4.26 * T, fp16: 4.26 * T, bf16: 4.26 * T },
    powerWatts: 65,
    prices: [buy(599, 'Apple list price at launch', '2024-10-30')],
    source: apple('M4: 120 GB/s; GPU rate computed from 10 cores × 128 units × 1.66 GHz'),
  },
  {
    id: 'mac-mini-m4-pro',
    name: 'Mac mini M4 Pro (64 GB)',
    kind: 'apple',
    memoryBytes: 64 * GiB,
    bandwidthBytesPerSecond: 273 * GB,
    flops: { fp32: 8.5 * T, fp16: 8.5 * T, bf16: 8.5 * T },
    powerWatts: 140,
    prices: [buy(2199, 'Apple list price at launch with 20 GPU cores and 64 GB', '2024-10-30')],
    source: apple('M4 Pro: 273 GB/s, 20 GPU cores'),
  },
  {
    id: 'm4-max-128gb',
    name: 'Mac Studio M4 Max (128 GB)',
    kind: 'apple',
    memoryBytes: 128 * GiB,
    bandwidthBytesPerSecond: 546 * GB,
    flops: { fp32: 17 * T, fp16: 17 * T, bf16: 17 * T },
    powerWatts: 145,
    prices: [buy(3499, 'Apple list price at launch with 40 GPU cores and 128 GB', '2025-03-05')],
    source: apple('M4 Max: 546 GB/s, 40 GPU cores'),
  },
  {
    id: 'iphone-16-pro',
    name: 'iPhone 16 Pro (A18 Pro, 8 GB)',
    kind: 'phone',
    memoryBytes: 8 * GiB,
    bandwidthBytesPerSecond: 60 * GB,
    flops: { fp32: 2.2 * T, fp16: 2.2 * T },
    powerWatts: 6,
    prices: [buy(999, 'Apple list price at launch', '2024-09-09')],
    source: { text: 'LPDDR5X-7500 × 64 bit; 6 GPU cores', date: '2024-09-20', verified: false },
  },
  {
    id: 'galaxy-s25-ultra',
    name: 'Galaxy S25 Ultra (Snapdragon 8 Elite, 12 GB)',
    kind: 'phone',
    memoryBytes: 12 * GiB,
    bandwidthBytesPerSecond: 85 * GB,
    flops: { fp32: 3.4 * T, fp16: 6.8 * T },
    powerWatts: 7,
    prices: [buy(1299, 'list price at launch', '2025-01-22')],
    source: { text: 'LPDDR5X-10667 × 64 bit; Adreno 830', date: '2025-01-22', verified: false },
  },
  {
    id: 'raspberry-pi-5',
    name: 'Raspberry Pi 5 (16 GB)',
    kind: 'board',
    memoryBytes: 16 * GiB,
    bandwidthBytesPerSecond: 17 * GB,
    flops: { fp32: 0.0768 * T, fp16: 0.1536 * T, int8: 0.3072 * T },
    powerWatts: 12,
    prices: [buy(120, 'list price at launch', '2025-01-09')],
    source: {
      text: 'LPDDR4X-4267 × 32 bit; 4 Cortex-A76 at 2.4 GHz: 2 × 4-wide FP32 multiply-adds a cycle',
      date: '2025-01-09',
      verified: false,
    },
  },
];

const builtIn: readonly Machine[] = entries.map((entry) => parseWith(machineSchema, entry, `machine ${entry.id}`));

/** The user's own machines: an array in the catalogue's form. An id of the catalogue replaces that entry. */
const userCatalogueName = 'machines.json';

/** All machines by id: the catalogue, then `machines.json` in the home folder where the user wrote one. */
export async function loadMachines(homeFolder: string): Promise<Map<string, Machine>> {
  const machines = new Map(builtIn.map((machine) => [machine.id, machine]));
  const path = join(homeFolder, userCatalogueName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  for (const machine of parseJsonWith(z.array(machineSchema), text, path)) machines.set(machine.id, machine);
  return machines;
}

export function findMachine(machines: ReadonlyMap<string, Machine>, id: string): Machine {
  const machine = machines.get(id);
  if (machine !== undefined) return machine;
  throw new FtsError('not-found', `No machine "${id}" in the catalogue.`, {
    field: 'machine',
    value: id,
    remedy: `Choose one of: ${[...machines.keys()].join(', ')}; or describe your own in ${userCatalogueName}.`,
  });
}
