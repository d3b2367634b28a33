import { z } from 'zod';
import { fingerprintOf } from '../../approval/credential.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';

export const approversList = defineOperation({
  name: 'approvers.list',
  title: 'List the approvers',
  description:
    'Lists the people whose signature approves change plans, with the fingerprints of their keys. Compare those with what the approvers themselves say.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts approvers list',
  input: z.object({}),
  output: z.object({
    approvers: z.array(
      z.object({
        name: z.string(),
        kind: z.string(),
        /** The host that a passkey was made for; null for a passphrase. */
        host: z.string().nullable(),
        fingerprint: z.string(),
        enrolledAt: z.string(),
        by: z.string(),
      }),
    ),
    /** Rows of the database that no enrolled approver signed, in words. */
    problem: z.string().optional(),
  }),
  async run(_input, context) {
    const { approvers, problem } = akamaiOf(context).approvers.list();
    const nameOf = (id: string): string => approvers.find((approver) => approver.id === id)?.name ?? id;
    return {
      approvers: approvers.flatMap(({ name, enrolledAt, enrolledBy, credentials }) =>
        credentials.map((credential) => ({
          name,
          kind: credential.kind,
          host: credential.kind === 'passkey' ? credential.rpId : null,
          fingerprint: fingerprintOf(credential),
          enrolledAt,
          by: nameOf(enrolledBy),
        })),
      ),
      ...(problem === undefined ? {} : { problem }),
    };
  },
});
