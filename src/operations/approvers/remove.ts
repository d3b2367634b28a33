import { z } from 'zod';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { askToUnlock, chooseApprover } from '../../workflows/akamai/decide-in-terminal.ts';
import { requirePersonAtTerminal } from '../../workflows/approvers/approver-terminal.ts';
import { defineOperation } from '../operation.ts';

export const approversRemove = defineOperation({
  name: 'approvers.remove',
  title: 'Remove an approver',
  description:
    'Ends a person’s right to approve; an enrolled approver signs it. Their approvals that were not applied yet count no more. The last approver cannot be removed.',
  effect: 'access',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['name'],
  example: 'fts approvers remove ana',
  input: z.object({
    name: z.string().min(1).max(64).describe('Who is removed'),
    signer: z.string().min(1).max(64).optional().describe('Enrolled approver who signs; yourself without it'),
  }),
  output: z.object({ removed: z.string(), signedBy: z.string() }),
  async run({ name, signer: named }, context) {
    const { approvers } = akamaiOf(context);
    const person = requirePersonAtTerminal(context, `fts approvers remove ${name}`);
    const found = approvers.find(name);
    const by = await chooseApprover(approvers.list().approvers, named, context, person);
    const signer = await askToUnlock(by, `Passphrase of ${by.name}, to remove ${found.name}: `, context);
    approvers.remove(found.name, context.caller, signer);
    return { removed: found.name, signedBy: by.name };
  },
});
