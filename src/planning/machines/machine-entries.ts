import type { z } from 'zod';
import type { machineSchema, Price, Source } from './machine.ts';

const GB = 1e9;
const GiB = 2 ** 30;
const T = 1e12;

/** A figure found in the document at `url`, which was published or read on `date`. */
const read = (text: string, date: string, url: string): Source => ({ text, url, date, verified: true });
/** A figure that is second-hand, assumed or computed, because no document was found that states it. */
const assumed = (text: string, date: string): Source => ({ text, date, verified: false });

const rent = (usd: number, source: Source): Price => ({ kind: 'rent', usd, source });
const buy = (usd: number, source: Source): Price => ({ kind: 'buy', usd, source });

const runPod = (product: string): Source =>
  read(
    `RunPod price list, ${product}, Secure Cloud, as recorded by silybench-data`,
    '2026-09-25',
    'https://raw.githubusercontent.com/tgarg01/silybench-data/main/derived/cost.json',
  );
const akash = (product: string): Source =>
  read(
    `Akash price list ("starting at"), ${product}, as transcribed by API Evangelist`,
    '2026-09-20',
    'https://raw.githubusercontent.com/api-evangelist/akash/refs/heads/main/plans/plans.yml',
  );

/**
 * Akamai's plan list (https://api.linode.com/v4/linode/types); the catalogue has the smallest and largest plan of each
 * class.
 */
const akamaiList = read(
  'Akamai Cloud plan list (linode/types), as transcribed by API Evangelist',
  '2026-09-17',
  'https://raw.githubusercontent.com/api-evangelist/linode/refs/heads/main/plans/linode-plans-pricing.yml',
);
const akamaiProportion = assumed(
  'In proportion to the lowest plan of its class (0.054 $ for 4 GB in Akamai’s list of 2026-09-17); a public Terraform module lists the same',
  '2026-09-17',
);
/** Prices of GPU plans are visible only with an account; these were read by someone who has one. */
const akamaiGpuList = assumed(
  'Akamai Cloud plan list (linode/types) as noted by the author of a public sizing guide, with an account',
  '2026-06-05',
);

const hopper = {
  kind: 'gpu' as const,
  flops: { fp32: 67 * T, tf32: 495 * T, bf16: 989 * T, fp16: 989 * T, fp8: 1979 * T, int8: 1979 * T },
  linkBytesPerSecond: 900 * GB,
  powerWatts: 700,
};

const h100 = {
  ...hopper,
  memoryBytes: 80 * GB,
  bandwidthBytesPerSecond: 3.35e12,
  source: read(
    'NVIDIA’s H100 SXM table as a reseller reprints it; its rates are with sparsity, half of them are dense',
    '2022-12-01',
    'https://archive-lib.hpctech.co.jp/gpuproduct/nvidia-h100.html',
  ),
};

const rtx4000Ada = {
  kind: 'gpu' as const,
  memoryBytes: 20 * GB,
  bandwidthBytesPerSecond: 360 * GB,
  flops: { fp32: 26.7 * T, bf16: 107 * T, fp16: 107 * T, fp8: 213.8 * T, int8: 213.8 * T },
  powerWatts: 130,
  source: assumed(
    'NVIDIA RTX 4000 Ada Generation data sheet (no copy could be read); tensor rates halved to dense',
    '2023-08-09',
  ),
};

const rtxPro6000 = {
  kind: 'gpu' as const,
  memoryBytes: 96 * GB,
  bandwidthBytesPerSecond: 1597 * GB,
  flops: { fp32: 120 * T, bf16: 500 * T, fp16: 500 * T, fp8: 1000 * T, int8: 1000 * T },
  powerWatts: 600,
  source: assumed(
    'NVIDIA data sheet of December 2025 as quoted in a public review: 96 GB, 1597 GB/s, 120 FP32 TFLOP/s, 600 W; 16 bits: half of the advertised 1 PFLOP/s',
    '2025-12-01',
  ),
};

/** The tenants of a shared host share its memory bandwidth; 8 GB/s per virtual CPU is an assumption. */
const akamaiCpu = (id: string, plan: string, vcpus: number, gib: number, price: Price) => ({
  id,
  name: `Akamai Cloud ${plan} (${vcpus} vCPU)`,
  kind: 'cpu' as const,
  memoryBytes: gib * GiB,
  bandwidthBytesPerSecond: Math.min(vcpus * 8, 100) * GB,
  flops: { fp32: vcpus * 0.06 * T, int8: vcpus * 0.12 * T },
  prices: [price],
  source: assumed(
    'vCPUs and memory from the plan list; bandwidth and rates assumed: 8 GB/s and 60 FP32 GFLOP/s per vCPU',
    '2026-09-17',
  ),
});

const akamaiGpu = (
  id: string,
  plan: string,
  card: typeof rtx4000Ada | typeof rtxPro6000,
  devices: number,
  price: Price,
) => ({ ...card, id, name: `Akamai Cloud GPU: ${plan}`, devices, prices: [price] });

const appleM4 = read(
  'Apple’s announcement as reported; GPU rate computed: cores × 128 units × 2 × clock',
  '2024-10-30',
  'https://mactrast.com/?p=168123',
);

/** All built-in machines; `machine-catalogue.ts` validates them and adds the user's own. */
export const machineEntries: readonly z.input<typeof machineSchema>[] = [
  {
    id: 'h100',
    name: 'NVIDIA H100 SXM 80 GB',
    ...h100,
    prices: [rent(2.71, akash('H100 80GB SXM5')), rent(3.49, runPod('H100 SXM'))],
  },
  {
    id: 'h100x8',
    name: '8 × NVIDIA H100 SXM 80 GB (HGX)',
    ...h100,
    devices: 8,
    prices: [
      rent(
        8 * 3.99,
        read(
          'Lambda price list, 8x H100 SXM, as recorded by silybench-data',
          '2026-09-25',
          'https://raw.githubusercontent.com/tgarg01/silybench-data/main/derived/cost.json',
        ),
      ),
    ],
  },
  {
    id: 'h200',
    name: 'NVIDIA H200 SXM 141 GB',
    ...hopper,
    memoryBytes: 141 * GB,
    bandwidthBytesPerSecond: 4.8e12,
    prices: [rent(4.45, akash('H200 141GB SXM5')), rent(4.59, runPod('H200'))],
    source: read(
      'NVIDIA’s announcement as reported: the H100’s chip with 141 GB at 4.8 TB/s, 700 W, NVLink 900 GB/s',
      '2023-11-13',
      'https://geektopia.es/es/technology/2023/11/13/noticias/nvidia-anuncia-la-aceleradora-h200-tiene-141-gb-de-hbm3e.html',
    ),
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
    prices: [rent(1.59, runPod('A100 SXM')), rent(1.71, akash('A100 80GB SXM4'))],
    source: read(
      'NVIDIA’s data sheet as excerpted by G. Lockwood',
      '2026-11-25',
      'https://glennklockwood.com/garden/processors/A100',
    ),
  },
  {
    id: 'l40s',
    name: 'NVIDIA L40S 48 GB',
    kind: 'gpu',
    memoryBytes: 48 * GB,
    bandwidthBytesPerSecond: 864 * GB,
    flops: { fp32: 91.6 * T, tf32: 183 * T, bf16: 362 * T, fp16: 362 * T, fp8: 733 * T, int8: 733 * T },
    powerWatts: 350,
    prices: [rent(1.09, runPod('L40S'))],
    source: read(
      'NVIDIA’s L40S table, dense and sparse, as a reseller reprints it',
      '2026-11-25',
      'https://www.mullet.se/product.html?product_id=355414',
    ),
  },
  {
    id: 'l4',
    name: 'NVIDIA L4 24 GB',
    kind: 'gpu',
    memoryBytes: 24 * GB,
    bandwidthBytesPerSecond: 300 * GB,
    flops: { fp32: 30.3 * T, tf32: 60 * T, bf16: 121 * T, fp16: 121 * T, fp8: 242 * T, int8: 242 * T },
    powerWatts: 72,
    prices: [rent(0.71, assumed('Google Cloud g2-standard-4, on demand (no document found)', '2026-09-25'))],
    source: read(
      'NVIDIA’s figures as compared with the L40S; 242 TFLOP/s in 16 bits is with sparsity, half of it dense',
      '2026-11-25',
      'https://grokipedia.com/page/NVIDIA_L4_vs_L40S',
    ),
  },
  {
    id: 'rtx-pro-6000',
    name: 'NVIDIA RTX PRO 6000 Blackwell 96 GB (card, without its host)',
    ...rtxPro6000,
    prices: [
      rent(2.04, akash('Pro 6000 SE 96GB PCIe')),
      buy(8500, assumed('typical retail price (no document found)', '2026-09-25')),
    ],
  },
  {
    id: 'rtx-4000-ada',
    name: 'NVIDIA RTX 4000 Ada 20 GB (card, without its host)',
    ...rtx4000Ada,
    prices: [
      rent(0.41, akash('RTX 4000 Ada 20GB PCIe')),
      buy(1250, assumed('list price at launch (no document found)', '2023-08-09')),
    ],
  },
  akamaiGpu(
    'akamai-rtx4000-ada-x1-small',
    '1 × RTX 4000 Ada (g2-gpu-rtx4000a1-s, 4 vCPU, 16 GB)',
    rtx4000Ada,
    1,
    rent(0.52, akamaiGpuList),
  ),
  akamaiGpu(
    'akamai-rtx4000-ada-x1-large',
    '1 × RTX 4000 Ada (g2-gpu-rtx4000a1-l, 16 vCPU, 64 GB)',
    rtx4000Ada,
    1,
    rent(0.96, akamaiGpuList),
  ),
  akamaiGpu(
    'akamai-rtx4000-ada-x2-small',
    '2 × RTX 4000 Ada (g2-gpu-rtx4000a2-s, 8 vCPU, 32 GB)',
    rtx4000Ada,
    2,
    rent(1.05, akamaiGpuList),
  ),
  akamaiGpu(
    'akamai-rtx4000-ada-x4-small',
    '4 × RTX 4000 Ada (g2-gpu-rtx4000a4-s, 32 vCPU, 128 GB)',
    rtx4000Ada,
    4,
    rent(2.96, akamaiGpuList),
  ),
  akamaiGpu(
    'akamai-rtx-pro-6000-x1',
    '1 × RTX PRO 6000 Blackwell (g3-gpu-rtxpro6000-blackwell-1, 16 vCPU, 172 GB)',
    rtxPro6000,
    1,
    rent(
      3.0,
      assumed(
        'Akamai’s catalogue base price as noted by the author of a public benchmark, with an account (2.50 was noted on 2026-06-05); limited availability',
        '2026-09-06',
      ),
    ),
  ),
  akamaiCpu('akamai-dedicated-4gb', 'Dedicated 4 GB', 2, 4, rent(0.054, akamaiList)),
  akamaiCpu('akamai-dedicated-16gb', 'Dedicated 16 GB', 8, 16, rent(0.216, akamaiProportion)),
  akamaiCpu('akamai-dedicated-32gb', 'Dedicated 32 GB', 16, 32, rent(0.432, akamaiProportion)),
  akamaiCpu('akamai-dedicated-64gb', 'Dedicated 64 GB', 32, 64, rent(0.864, akamaiProportion)),
  akamaiCpu('akamai-highmem-300gb', 'High Memory 300 GB', 16, 300, rent(1.44, akamaiList)),
  akamaiCpu('akamai-premium-4gb', 'Premium 4 GB', 2, 4, rent(0.0645, akamaiList)),
  akamaiCpu('akamai-premium-256gb', 'Premium 256 GB', 56, 256, rent(4.1475, akamaiList)),
  {
    id: 'mac-mini-m4',
    name: 'Mac mini M4 (16 GB)',
    kind: 'apple',
    memoryBytes: 16 * GiB,
    bandwidthBytesPerSecond: 120 * GB,
    flops: { fp32: 4.26 * T, fp16: 4.26 * T, bf16: 4.26 * T },
    powerWatts: 65,
    prices: [
      buy(
        599,
        read(
          'Apple’s price at launch as reported',
          '2024-10-29',
          'https://www.macrumors.com/2024/10/29/apple-announces-redesigned-mac-mini/',
        ),
      ),
    ],
    source: appleM4,
  },
  {
    id: 'mac-mini-m4-pro',
    name: 'Mac mini M4 Pro (64 GB)',
    kind: 'apple',
    memoryBytes: 64 * GiB,
    bandwidthBytesPerSecond: 273 * GB,
    flops: { fp32: 8.5 * T, fp16: 8.5 * T, bf16: 8.5 * T },
    powerWatts: 140,
    prices: [
      buy(2199, assumed('Apple’s price at launch with 20 GPU cores and 64 GB (no document found)', '2024-10-29')),
    ],
    source: appleM4,
  },
  {
    id: 'm4-max-128gb',
    name: 'Mac Studio M4 Max (128 GB)',
    kind: 'apple',
    memoryBytes: 128 * GiB,
    bandwidthBytesPerSecond: 546 * GB,
    flops: { fp32: 17 * T, fp16: 17 * T, bf16: 17 * T },
    powerWatts: 145,
    prices: [
      buy(
        3499,
        assumed(
          'Apple’s price at launch with 40 GPU cores and 128 GB (no document found; 1,999 $ for the smallest was reported)',
          '2025-03-05',
        ),
      ),
    ],
    source: read(
      'Apple’s announcement as reported: 40 GPU cores, 128 GB, 546 GB/s; GPU rate computed',
      '2024-10-30',
      'https://www.macrumors.com/2024/10/30/apple-announces-m4-max-chip/',
    ),
  },
  {
    id: 'iphone-16-pro',
    name: 'iPhone 16 Pro (A18 Pro, 8 GB)',
    kind: 'phone',
    memoryBytes: 8 * GiB,
    bandwidthBytesPerSecond: 60 * GB,
    flops: { fp32: 2.2 * T, fp16: 2.2 * T },
    powerWatts: 6,
    prices: [
      buy(
        999,
        read(
          '"a $1,000 iPhone" as reported at launch',
          '2024-09-12',
          'https://www.phonearena.com/news/Apple-lets-iPhone-16-Pro-beat-iPhone-16-in-another-important-specification_id162516',
        ),
      ),
    ],
    source: assumed('LPDDR5X-7500 × 64 bit (a reported 17 % over the A17 Pro’s 51 GB/s); 6 GPU cores', '2024-09-10'),
  },
  {
    id: 'galaxy-s25-ultra',
    name: 'Galaxy S25 Ultra (Snapdragon 8 Elite, 12 GB)',
    kind: 'phone',
    memoryBytes: 12 * GiB,
    bandwidthBytesPerSecond: 85 * GB,
    flops: { fp32: 3.4 * T, fp16: 6.8 * T },
    powerWatts: 7,
    prices: [
      buy(
        1300,
        read(
          'price at launch as reported',
          '2025-01-22',
          'https://gadgetinsiders.com/samsung/samsung-galaxy-s25-ultra-vs-iphone-16-pro-max-showdown-which-phone-wins-on-camera-and-battery-life',
        ),
      ),
    ],
    source: read(
      'Qualcomm’s announcement as reported: LPDDR5X at 5,300 MHz, hence 10.6 GT/s × 64 bit; GPU rate estimated',
      '2024-10-23',
      'https://hi-tech.ua/en/qualcomm-snapdragon-8-elite-or-8-gen-4-is-the-new-top-processor-for-smartphones/',
    ),
  },
  {
    id: 'raspberry-pi-5',
    name: 'Raspberry Pi 5 (16 GB)',
    kind: 'board',
    memoryBytes: 16 * GiB,
    bandwidthBytesPerSecond: 17 * GB,
    flops: { fp32: 0.0768 * T, fp16: 0.1536 * T, int8: 0.3072 * T },
    powerWatts: 12,
    prices: [
      buy(
        120,
        assumed(
          'list price at launch (no document found); memory has become dearer since, and the board with it',
          '2025-01-09',
        ),
      ),
    ],
    source: read(
      'Raspberry Pi’s announcement as reported: 4 Cortex-A76 at 2.4 GHz, 32-bit LPDDR4X-4267; rates computed: 2 × 4-wide FP32 multiply-adds a cycle',
      '2023-09-28',
      'https://circuitdigest.com/news/the-new-raspberry-pi-5-is-here-faster-than-ever',
    ),
  },
];
