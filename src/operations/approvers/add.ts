import { z } from 'zod';
import { fingerprintOf } from '../../approval/credential.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { askToUnlock, chooseApprover } from '../../workflows/akamai/decide-in-terminal.ts';
import { askNewPassphrase, requirePersonAtTerminal } from '../../workflows/approvers/approver-terminal.ts';
import { defineOperation } from '../operation.ts';

export const approverName = z
  .string()
  .regex(/^\p{L}[\p{L}\p{N}._@' -]{0,63}$/u, 'Use letters, digits and . _ @ - up to 64, beginning with a letter')
  .refine((name) => name.trim() === name, 'No space at the end');

export const approversAdd = defineOperation({
  name: 'approvers.add',
  title: 'Enrol an approver',
  description:
    'Enrols a person who may approve change plans, with a key under a passphrase that they type twice. The first one vouches for themselves; for each further one an enrolled approver signs with their own passphrase.',
  effect: 'access',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['name'],
  example: 'fts approvers add ana',
  input: z.object({
    name: approverName.describe('Name of the person; it stands in the audit log'),
    signer: z.string().min(1).max(64).optional().describe('Enrolled approver who signs; yourself without it'),
  }),
  output: z.object({ name: z.string(), fingerprint: z.string(), enrolledBy: z.string() }),
  async run({ name, signer: named }, context) {
    const { approvers } = akamaiOf(context);
    const person = requirePersonAtTerminal(context, `fts approvers add ${name}`);
    const { approvers: enrolled } = approvers.list();
    const by = enrolled.length === 0 ? undefined : await chooseApprover(enrolled, named, context, person);
    const signer = by && (await askToUnlock(by, `Passphrase of ${by.name}, to sign for ${name}: `, context));
    const passphrase = await askNewPassphrase(person, name);
    const { approver } = await approvers.enrol(name, passphrase, context.caller, signer);
    return { name, fingerprint: fingerprintOf(approver.credentials[0]!), enrolledBy: by?.name ?? name };
  },
  render: ({ name, fingerprint, enrolledBy }) =>
    `${name} may approve now.\nfingerprint  ${fingerprint}\nsigned by    ${enrolledBy}\nKeep the passphrase in mind and the fingerprint somewhere else: nobody can recover the one, and the other shows whether the key was exchanged.`,
});
