import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { mapConcurrently } from '../../runtime/map-concurrently.ts';
import type { Work } from '../../runtime/progress.ts';
import type { Reader } from '../changes/change-kind.ts';

const contractsSchema = z.object({
  contracts: z.object({ items: z.array(z.looseObject({ contractId: z.string() })) }),
});
const enrollmentsSchema = z.looseObject({
  enrollments: z.array(
    z.looseObject({
      id: z.union([z.string(), z.number()]).nullish(),
      location: z.string().nullish(),
      csr: z.looseObject({ cn: z.string().nullish(), sans: z.array(z.string()).nullish() }).nullish(),
      ra: z.string().nullish(),
      validationType: z.string().nullish(),
      pendingChanges: z.array(z.union([z.string(), z.looseObject({ changeType: z.string().nullish() })])).nullish(),
      autoRenewalStartTime: z.string().nullish(),
    }),
  ),
});
type Enrollment = z.output<typeof enrollmentsSchema>['enrollments'][number];

const certificateSchema = z.looseObject({ certificate: z.string().nullish(), expiry: z.string().nullish() });
const deploymentsSchema = z.looseObject({
  production: z
    .looseObject({
      primaryCertificate: certificateSchema.nullish(),
      multiStackedCertificates: z.array(certificateSchema).nullish(),
    })
    .nullish(),
});

const callsAtOnce = 5;
const enrollmentsType = 'application/vnd.akamai.cps.enrollments.v11+json';
const deploymentsType = 'application/vnd.akamai.cps.deployments.v7+json';

export interface CertificateRow {
  enrollmentId: number;
  contractId: string;
  commonName: string;
  sans: string[];
  /** ISO moment at which the earliest certificate on production ends; null when none is deployed. */
  expiresAt: string | null;
  daysLeft: number | null;
  authority: string | null;
  autoRenewalStart: string | null;
  pendingChanges: string[];
}

/** Every certificate on production with its end, the soonest first. */
export async function certificateOverview(
  reader: Reader,
  wish: { contractId?: string | undefined; now: Date },
  work: Work,
): Promise<CertificateRow[]> {
  const contracts = wish.contractId === undefined ? await contractIds(reader) : [wish.contractId.replace(/^ctr_/, '')];
  const perContract = await mapConcurrently(contracts, callsAtOnce, async (contractId) => {
    const { status, body } = await reader.get('/cps/v2/enrollments', {
      query: { contractId },
      headers: { accept: enrollmentsType },
      allow: [403, 404],
    });
    if (status >= 400) return [];
    const { enrollments } = parseWith(enrollmentsSchema, body, 'the enrollments');
    return enrollments.map((enrollment) => ({ contractId, enrollment }));
  });
  const all = perContract.flat();
  let done = 0;
  const rows = await mapConcurrently(all, callsAtOnce, async ({ contractId, enrollment }) => {
    const enrollmentId = enrollmentNumber(enrollment);
    const { status, body } = await reader.get(`/cps/v2/enrollments/${enrollmentId}/deployments`, {
      headers: { accept: deploymentsType },
      allow: [403, 404],
    });
    work.report({ stage: 'read certificates', done: ++done, total: all.length, unit: 'requests' });
    const expiresAt = status >= 400 ? null : earliestEnd(body);
    return {
      enrollmentId,
      contractId,
      commonName: enrollment.csr?.cn ?? '',
      sans: enrollment.csr?.sans ?? [],
      expiresAt,
      daysLeft: expiresAt === null ? null : Math.floor((Date.parse(expiresAt) - wish.now.getTime()) / 86_400_000),
      authority: enrollment.ra ?? null,
      autoRenewalStart: enrollment.autoRenewalStartTime ?? null,
      pendingChanges: (enrollment.pendingChanges ?? []).map((change) =>
        typeof change === 'string' ? change : (change.changeType ?? 'change'),
      ),
    };
  });
  return rows.sort((left, right) => (left.expiresAt ?? '9').localeCompare(right.expiresAt ?? '9'));
}

async function contractIds(reader: Reader): Promise<string[]> {
  const { body } = await reader.get('/papi/v1/contracts', { headers: { 'papi-use-prefixes': 'false' } });
  const { items } = parseWith(contractsSchema, body, 'the contracts').contracts;
  return items.map((item) => item.contractId.replace(/^ctr_/, ''));
}

function enrollmentNumber(enrollment: Enrollment): number {
  const number = Number(enrollment.id ?? /\/enrollments\/(\d+)/.exec(enrollment.location ?? '')?.[1]);
  if (Number.isInteger(number)) return number;
  throw new FtsError('corrupt', 'Akamai listed an enrollment without a number.', { field: 'enrollments' });
}

function earliestEnd(body: unknown): string | null {
  const { production } = parseWith(deploymentsSchema, body, 'the deployments');
  const certificates = [production?.primaryCertificate, ...(production?.multiStackedCertificates ?? [])];
  const ends = certificates.flatMap((one) => (one ? [endOf(one)] : [])).filter((end) => end !== null);
  return ends.sort()[0] ?? null;
}

/** The certificate itself is the better witness; the API's own field serves where it cannot be read. */
function endOf({ certificate, expiry }: z.output<typeof certificateSchema>): string | null {
  try {
    return new Date(new X509Certificate(certificate ?? '').validTo).toISOString();
  } catch {
    const moment = Date.parse(expiry ?? '');
    return Number.isNaN(moment) ? null : new Date(moment).toISOString();
  }
}
