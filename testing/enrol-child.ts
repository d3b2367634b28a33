import { Approvers } from '../src/approval/approvers.ts';
import { openServices } from '../src/services/open-services.ts';
import { passphrase, testCost } from './approver.ts';

// Enrols one approver after the other, each signed by the first, and says each name once it is kept. Ends when killed.
const services = openServices({ FTS_HOME: process.argv[2] }, {});
const approvers = new Approvers(services.database, services.audit, { cost: testCost });
const who = { name: 'tester', channel: 'terminal' };
if (approvers.list().approvers.length === 0) await approvers.enrol('first', passphrase, who);
for (let count = 0; ; count++) {
  const signer = await approvers.unlock('first', passphrase, who);
  const { approver } = await approvers.enrol(`p${process.pid}-${count}`, passphrase, who, signer);
  process.stdout.write(`${approver.name}\n`);
}
