import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { akamaiOf } from '../src/workflows/akamai/akamai-services.ts';
import { attacks, type Choice, disconnect, forgesLog, isTampering } from '../testing/adversary/attacks.ts';
import { type Fortress, openFortress } from '../testing/adversary/fortress.ts';
import { assistantCaller } from '../testing/callers.ts';

const sequences = 1000;
const seed = Number(process.env.FTS_TEST_SEED ?? Date.now() % 1_000_000_000);

let fortress: Fortress;
beforeAll(async () => {
  fortress = await openFortress();
});
afterAll(async () => {
  await disconnect();
  await fortress.close();
});

const step = fc.record({
  attack: fc.constantFrom(...Object.keys(attacks)),
  choice: fc.record({ plan: fc.nat(60), way: fc.nat(60), who: fc.nat(60) }),
});

async function attackWith({ attack, choice }: { attack: string; choice: Choice }): Promise<void> {
  try {
    await attacks[attack]!(fortress, choice);
  } catch (error) {
    // Attackers are refused, in the program's own words or in SQLite's.
    expect((error as Error).name).toMatch(/^(FtsError|SqliteError|ProtocolError|SdkError|McpError)$/);
  }
}

it(`lets no change reach Akamai without an approver’s key (${sequences} sequences, seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
      fortress.reset();
      const before = fortress.simulator.writes().length;
      for (const one of steps) {
        await attackWith(one);
        expect(fortress.simulator.writes().length).toBe(before);
      }
      const verdict = akamaiOf(fortress.services).audit.verify();
      if (!steps.some(({ attack }) => isTampering(attack))) expect(verdict).toMatchObject({ intact: true });
      expect(steps.some(({ attack }) => forgesLog(attack)) ? ['broken'] : ['intact', 'broken']).toContain(
        verdict.verdict,
      );
    }),
    { numRuns: sequences, seed },
  );
});

it('lets a change reach Akamai with the approver’s key, so that the attacks were made on something', async () => {
  fortress.reset();
  const before = fortress.simulator.writes().length;
  const { plans } = akamaiOf(fortress.services);
  const id = fortress.plans[0]!;
  fortress.ana.approve(plans, id);
  expect(await plans.apply(id, assistantCaller)).toMatchObject({ state: 'applied' });
  expect(fortress.simulator.writes().length).toBe(before + 1);
  expect(akamaiOf(fortress.services).audit.verify()).toMatchObject({ intact: true });
});
