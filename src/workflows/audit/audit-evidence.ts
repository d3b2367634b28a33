import { resolve } from 'node:path';
import { readAnchorFile } from '../../audit/anchors/read-anchor-file.ts';
import type { AuditVerdict, KeptElsewhere } from '../../audit/audit-verification.ts';
import { anchorAddress } from '../../config/anchor-address.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { OperationContext } from '../../services/context.ts';

/** Verifies the audit log by all that is known here: its chain, its heads, the files of `audit.anchor`, and what is given. */
export async function verifyWithEvidence(
  context: Pick<OperationContext, 'audit' | 'anchors' | 'caller'>,
  given: { head?: string | undefined; anchor?: string | undefined },
): Promise<AuditVerdict> {
  const places: { name: string; heads: Awaited<ReturnType<typeof readAnchorFile>> }[] = [];
  const unreadable: string[] = [];
  if (given.anchor !== undefined) {
    if (context.caller.channel !== 'terminal') {
      throw new FtsError('forbidden', 'Only a terminal may name a file of heads.', {
        field: 'anchor',
        value: given.anchor,
        remedy: 'Set audit.anchor to that file, or run `fts audit verify --anchor FILE` in a terminal.',
      });
    }
    const path = resolve(given.anchor);
    places.push({ name: path, heads: await readAnchorFile(path) });
  }
  for (const { anchor, sequence } of context.anchors.states()) {
    const address = anchorAddress(anchor);
    if (address?.kind !== 'file' || sequence === 0) continue;
    try {
      places.push({ name: anchor, heads: await readAnchorFile(address.path) });
    } catch (error) {
      unreadable.push(`${anchor}, which has heads up to row ${sequence}, cannot be read: ${(error as Error).message}`);
    }
  }
  const verdict = context.audit.verify({ head: given.head, places, unreadable } satisfies KeptElsewhere);
  return { ...verdict, cannotProve: [...unreached(context), ...verdict.cannotProve] };
}

/** What addresses cannot vouch for yet, since they were not reached or are not read here. */
function unreached({ anchors, audit }: Pick<OperationContext, 'audit' | 'anchors'>): string[] {
  const last = audit.head()?.sequence ?? 0;
  return anchors.states().flatMap(({ anchor, sequence, failure, failedAt }) => {
    const sentences: string[] = [];
    if (failure !== null && sequence < last)
      sentences.push(
        `That rows ${sequence + 1} to ${last} are vouched for by ${anchor}: not reached since ${failedAt} (${failure}).`,
      );
    if (sequence > 0 && anchorAddress(anchor)?.kind !== 'file')
      sentences.push(
        `What ${anchor} holds, up to row ${sequence}: compare what it wrote down (fts audit verify --anchor FILE).`,
      );
    return sentences;
  });
}
