import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openServices } from '../src/services/open-services.ts';
import { akamaiOf } from '../src/workflows/akamai/akamai-services.ts';
import { passphrase } from '../testing/approver.ts';
import { temporaryHome } from '../testing/temporary-home.ts';

const child = join(import.meta.dirname, '../testing/enrol-child.ts');

it('loses no approver, and leaves none in half, when the process is killed while enrolling', {
  timeout: 300_000,
}, async () => {
  const home = temporaryHome();
  const enrolled: string[] = [];
  for (let kill = 0; kill < 20; kill++) {
    const process_ = spawn(process.execPath, ['--import', 'tsx', child, home], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: process_.stdout });
    lines.on('line', (name) => enrolled.push(name));
    await once(lines, 'line');
    // Somewhere within the next enrolments: each takes a few milliseconds.
    await delay(kill * 1.7);
    process_.kill('SIGKILL');
    await once(lines, 'close');

    const services = openServices({ FTS_HOME: home }, {});
    try {
      const { approvers, audit } = akamaiOf(services);
      const { approvers: kept, problem } = approvers.list();
      expect(problem).toBeUndefined();
      const names = kept.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(enrolled));
      // At most the last one of each process was kept and not said any more.
      expect(names.length).toBeLessThanOrEqual(1 + enrolled.length + kill + 1);
      expect(audit.verify()).toMatchObject({ intact: true });
      const last = kept.at(-1)!.name;
      await approvers.unlock(last, passphrase, { name: 'tester', channel: 'terminal' });
    } finally {
      services.database.close();
    }
  }
});
