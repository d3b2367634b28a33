import { ok, problem, type Route } from './route.ts';

export interface CpsState {
  enrollments: {
    id: number;
    contractId: string;
    commonName: string;
    sans: string[];
    /** PEM of the certificate that is deployed, and when it ends. */
    certificate: string;
    expiry: string;
    pendingChanges: { changeType: string; location: string }[];
  }[];
}

export function emptyCps(): CpsState {
  return { enrollments: [] };
}

/** Certificates: enrollments and what is deployed. */
export function cpsRoutes(state: CpsState): Route[] {
  return [
    {
      method: 'GET',
      path: '/cps/v2/enrollments',
      handle: ({ query }) => {
        const mine = state.enrollments.filter((one) => one.contractId === query.get('contractId'));
        return ok({
          enrollments: mine.map((one) => ({
            id: String(one.id),
            location: `/cps/v2/enrollments/${one.id}`,
            csr: { cn: one.commonName, sans: one.sans },
            ra: 'lets-encrypt',
            validationType: 'dv',
            certificateType: 'san',
            pendingChanges: one.pendingChanges,
            autoRenewalStartTime: '2026-11-01T00:00:00Z',
          })),
        });
      },
    },
    {
      method: 'GET',
      path: '/cps/v2/enrollments/{id}/deployments',
      handle: (_request, [id]) => {
        const one = state.enrollments.find((candidate) => candidate.id === Number(id));
        if (one === undefined) return problem(404, 'No such enrollment');
        const deployed = {
          primaryCertificate: { certificate: one.certificate, expiry: one.expiry, trustChain: '' },
          multiStackedCertificates: [],
          networkConfiguration: { dnsNames: one.sans },
        };
        return ok({ production: deployed, staging: deployed });
      },
    },
  ];
}
